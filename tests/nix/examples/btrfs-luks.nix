# Options that are joined by commas, and a path of a subvolume that is spelled with slashes.
{
  fileSystems."/" = {
    device = "/dev/mapper/crypt";
    fsType = "btrfs";
    options = [ "noatime,compress=zstd,subvol=/@/root/" ];
  };
  fileSystems."/persist" = {
    device = "/dev/mapper/crypt";
    fsType = "btrfs";
    neededForBoot = true;
    options = [ "noatime,subvol=/@/persist" ];
  };
  petrichor = {
    enable = true;
    onFailure = "emergency";
    volumes."/" = {
      backend = "btrfs";
      device = "/dev/mapper/crypt";
      subvolume = "@/root";
      baseline = "@/root-blank";
      options = [
        "noatime"
        "compress=zstd"
      ];
    };
    persistence."/persist".directories = [ "/var/log" ];
  };
}
