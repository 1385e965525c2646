# How the disk is divided: disko formats and mounts it by this.
let
  subvolume = mountpoint: {
    inherit mountpoint;
    mountOptions = [
      "compress=zstd"
      "noatime"
    ];
  };
in
{
  disko.devices.disk.main = {
    type = "disk";
    device = "/dev/disk/by-id/REPLACE-ME";
    content = {
      type = "gpt";
      partitions.ESP = {
        size = "1G";
        type = "EF00";
        content = {
          type = "filesystem";
          format = "vfat";
          mountpoint = "/boot";
          mountOptions = [ "umask=0077" ];
        };
      };
      partitions.luks = {
        size = "100%";
        content = {
          type = "luks";
          name = "crypt";
          settings.allowDiscards = true;
          content = {
            type = "btrfs";
            subvolumes = {
              root = subvolume "/";
              home = subvolume "/home";
              nix = subvolume "/nix";
              persist = subvolume "/persist";
            };
            # The empty baselines, read-only. What is there stays: disko runs this again when it
            # formats again.
            postCreateHook = ''
              (
                top=$(mktemp -d)
                mount -o subvol=/ /dev/mapper/crypt "$top"
                trap 'umount "$top"; rmdir "$top"' EXIT
                for volume in root home; do
                  test -e "$top/$volume-blank" ||
                    btrfs subvolume snapshot -r "$top/$volume" "$top/$volume-blank"
                done
              )
            '';
          };
        };
      };
    };
  };
}
