{
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "btrfs";
    options = [ "subvol=root" ];
  };
  fileSystems."/nix" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "btrfs";
    options = [
      "subvol=nix"
      "noatime"
    ];
  };
  fileSystems."/persistent" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "btrfs";
    neededForBoot = true;
    options = [ "subvol=persistent" ];
  };
  petrichor = {
    enable = true;
    volumes."/" = {
      backend = "btrfs";
      device = "/dev/disk/by-label/nixos";
      subvolume = "root";
    };
    persistence."/persistent" = {
      directories = [
        "/var/log"
        "/var/lib/nixos"
      ];
      files = [ "/etc/machine-id" ];
    };
  };
}
