{ lib, ... }:

{
  imports = [ ./zfs-root.nix ];

  fileSystems."/srv" = {
    device = "tank/srv";
    fsType = "zfs";
  };
  fileSystems."/backup" = {
    device = "tank/backup";
    fsType = "zfs";
    neededForBoot = true;
  };
  petrichor = {
    presets = lib.mkForce [ ];
    volumes."/srv" = {
      backend = "zfs";
      dataset = "tank/srv";
    };
    persistence."/persist/root".presets = [ "nixos" ];
    persistence."/backup/kept".directories = [ "/srv/git" ];
  };
}
