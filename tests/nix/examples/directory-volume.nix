# A directory of a filesystem that survives, emptied like a filesystem of its own.
{
  imports = [ ./tmpfs-root.nix ];

  fileSystems."/data" = {
    device = "/dev/disk/by-label/data";
    fsType = "xfs";
  };
  petrichor = {
    volumes."/var/cache" = {
      backend = "directory";
      directory = "/data/cache";
      reset = "rollback";
    };
    persistence."/persist".directories = [ "/var/cache/fontconfig" ];
  };
}
