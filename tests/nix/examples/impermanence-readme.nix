# The example of the readme of nix-community/impermanence, on the tmpfs of the same readme.
{
  imports = [
    ../../../nix/impermanence.nix
    ./impermanence-readme.input.nix
    ./impermanence-readme.machine.nix
  ];
}
