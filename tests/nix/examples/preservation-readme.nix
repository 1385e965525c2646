# The complex example of the documentation of nix-community/preservation.
{
  imports = [
    ../../../nix/preservation.nix
    ./preservation-readme.input.nix
    ./preservation-readme.machine.nix
  ];
}
