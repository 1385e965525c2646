# Types of more than one option.
{ lib }:

let
  inherit (lib) types;

  petrichorLib = import ./lib.nix;
in
{
  line = types.strMatching "[^[:cntrl:]]+";

  mode = types.str // {
    description = "octal mode, or one as u=rwx,g=rx,o=";
    check = value: builtins.isString value && petrichorLib.octalMode value != null;
  };
}
