{
  imports = [ ./tmpfs-root.nix ];

  fileSystems."/home" = {
    device = "LABEL=data";
    fsType = "btrfs";
    options = [
      "subvol=/home"
      "noatime"
    ];
  };
  petrichor.volumes."/home" = {
    backend = "btrfs";
    device = "LABEL=data";
    subvolume = "home";
  };
}
