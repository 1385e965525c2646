{
  imports = [ ./btrfs-root.nix ];

  fileSystems."/home" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "btrfs";
    neededForBoot = true;
    options = [ "subvol=home" ];
  };
  users.users.alice = {
    uid = 1000;
    group = "alice";
    home = "/home/alice";
    homeMode = "0700";
  };
  users.groups.alice.gid = 1000;
  petrichor = {
    volumes."/home" = {
      backend = "btrfs";
      device = "/dev/disk/by-label/nixos";
      subvolume = "home";
      phase = "initrd";
    };
    persistence."/persistent".users.alice = {
      homeMode = "0750";
      directories = [ "src" ];
    };
  };
}
