# More options of NixOS: those that templates set and the module does not read.
{ lib, ... }:

let
  set = lib.mkOption {
    type = lib.types.attrsOf lib.types.unspecified;
    default = { };
  };
in
{
  options = {
    boot.loader = set;
    networking = set;
    nix = set;
    services = set;
    system = set;
    users.mutableUsers = lib.mkOption { type = lib.types.bool; };
  };
}
