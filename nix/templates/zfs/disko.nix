# How the disk is divided: disko formats and mounts it by this.
let
  dataset = mountpoint: {
    type = "zfs_fs";
    inherit mountpoint;
    options.mountpoint = "legacy";
  };

  # A volume with its empty baseline. Each step is one that may find its work done: disko runs them
  # again when it formats again. The hold is what `zfs destroy` has to be told twice about.
  volume =
    name: mountpoint:
    dataset mountpoint
    // {
      postCreateHook = ''
        blank=rpool/${name}@blank
        zfs list -t snapshot "$blank" >/dev/null 2>&1 || zfs snapshot "$blank"
        zfs holds -H "$blank" | grep -w petrichor >/dev/null || zfs hold petrichor "$blank"
      '';
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
      partitions.zfs = {
        size = "100%";
        content = {
          type = "zfs";
          pool = "rpool";
        };
      };
    };
  };

  disko.devices.zpool.rpool = {
    type = "zpool";
    options.ashift = "12";
    rootFsOptions = {
      mountpoint = "none";
      canmount = "off";
      compression = "zstd";
      xattr = "sa";
      acltype = "posixacl";
      atime = "off";
    };
    # Side by side and not below each other: a volume that is retired takes its children along.
    datasets = {
      root = volume "root" "/";
      home = volume "home" "/home";
      nix = dataset "/nix";
      persist = dataset "/persist";
    };
  };
}
