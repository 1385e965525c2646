# A home that is mounted by the real system, where names of users are known.
{
  imports = [ ./zfs-root.nix ];

  fileSystems."/home" = {
    device = "rpool/home";
    fsType = "zfs";
  };
  users.users.alice = {
    uid = null;
    group = "users";
    home = "/home/alice";
    homeMode = "0750";
  };
  users.groups.users.gid = 100;
  petrichor = {
    volumes."/home" = {
      backend = "zfs";
      dataset = "rpool/home";
    };
    persistence."/persist/root".directories = [
      {
        directory = "/home/shared";
        user = "root";
        group = "users";
        mode = "u=rwx,g=rwx,o=";
      }
    ];
  };
}
