# The options of NixOS that the module reads and writes, with the types they have there.
{ lib, ... }:

let
  inherit (lib) mkOption types;
  list = mkOption {
    type = types.listOf types.unspecified;
    default = [ ];
  };
in
{
  options = {
    assertions = list;
    warnings = list;
    environment.systemPackages = list;
    environment.etc = mkOption { type = types.attrsOf types.unspecified; default = { }; };
    systemd.packages = list;
    systemd.suppressedSystemUnits = list;
    systemd.package = mkOption { type = types.unspecified; default = "/nix/store/systemd"; };
    boot.kernelParams = list;
    boot.zfs.package = mkOption { type = types.unspecified; default = "/nix/store/zfs"; };
    boot.initrd.systemd.enable = mkOption { type = types.bool; default = true; };
    boot.initrd.systemd.packages = list;
    boot.initrd.systemd.storePaths = list;
    users.users = mkOption { type = types.attrsOf types.unspecified; default = { }; };
    users.groups = mkOption { type = types.attrsOf types.unspecified; default = { }; };
    fileSystems = mkOption {
      default = { };
      type = types.attrsOf (types.submodule {
        options = {
          device = mkOption { type = types.nullOr types.str; default = null; };
          fsType = mkOption { type = types.str; default = "auto"; };
          options = mkOption { type = types.listOf types.str; default = [ "defaults" ]; };
          neededForBoot = mkOption { type = types.bool; default = false; };
        };
      });
    };
  };
}
