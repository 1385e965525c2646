# The options of home-manager's NixOS module that the drop-in reads and writes.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.home-manager = {
    sharedModules = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
    };
    users = mkOption {
      type = types.attrsOf (types.submodule config.home-manager.sharedModules);
      default = { };
    };
  };
}
