# The options of NixOS that the module reads and writes, with the types they have there.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  option = type: default: mkOption { inherit type default; };
  list = option (types.listOf types.unspecified) [ ];
  set = option (types.attrsOf types.unspecified) { };
  package = option types.unspecified;

  fileSystem = types.submodule {
    options = {
      device = option (types.nullOr types.str) null;
      fsType = option types.str "auto";
      options = option (types.listOf types.str) [ "defaults" ];
      neededForBoot = option types.bool false;
    };
  };
in
{
  options = {
    assertions = list;
    warnings = list;
    environment.systemPackages = list;
    environment.etc = set;
    systemd.packages = list;
    systemd.suppressedSystemUnits = list;
    systemd.tmpfiles.settings = set;
    systemd.package = package "/nix/store/systemd";
    boot.kernelParams = list;
    boot.zfs.package = package "/nix/store/zfs";
    boot.initrd.systemd.enable = option types.bool true;
    boot.initrd.systemd.packages = list;
    boot.initrd.systemd.storePaths = list;
    users.users = set;
    users.groups = set;
    fileSystems = option (types.attrsOf fileSystem) { };
  };

  config.users = {
    users.root = {
      uid = 0;
      group = "root";
      home = "/root";
      homeMode = "0700";
    };
    groups.root.gid = 0;
  };
}
