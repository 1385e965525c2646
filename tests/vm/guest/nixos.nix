# The ZFS template, filled in, on the ring's machine: a Debian, whose programs are in /usr, and whose
# /etc and /var come from the store, as nothing fills them at boot.
let
  machine =
    { lib, ... }:
    {
      imports = [ ../../nix/examples/template-zfs.nix ];
      fileSystems."/usr" = {
        device = "rpool/usr";
        fsType = "zfs";
      };
      petrichor.persistence."/persist/root" = {
        presets = lib.mkForce [ ];
        directories = lib.mkForce [
          "/etc"
          "/root"
          "/var"
        ];
      };
    };
in
lib:
import ../../nix/module.nix {
  inherit lib machine;
  show = config: {
    inherit (config) fileSystems;
    inherit (config.disko.devices.zpool.rpool) datasets;
    inherit (config.boot.initrd.systemd) storePaths;
  };
}
