{
  fileSystems."/" = {
    device = "rpool/root";
    fsType = "zfs";
  };
  fileSystems."/nix" = {
    device = "rpool/nix";
    fsType = "zfs";
  };
  fileSystems."/persist" = {
    device = "rpool/persist";
    fsType = "zfs";
    neededForBoot = true;
  };
  fileSystems."/boot" = {
    device = "/dev/disk/by-uuid/1234-ABCD";
    fsType = "vfat";
    options = [ "umask=0077" ];
  };
  petrichor = {
    enable = true;
    machineId = "0123456789abcdef0123456789abcdef";
    presets = [ "nixos" ];
    volumes."/" = {
      backend = "zfs";
      dataset = "rpool/root";
    };
    persistence."/persist/root".directories = [ "/var/log" ];
  };
}
