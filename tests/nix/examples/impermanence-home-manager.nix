# The example of the readme of nix-community/impermanence for home-manager.
{
  imports = [
    ../home-manager.nix
    ../../../nix/impermanence.nix
    ./impermanence-home-manager.input.nix
    ./impermanence-readme.machine.nix
  ];
}
