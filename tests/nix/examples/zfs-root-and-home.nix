{
  imports = [ ./zfs-root.nix ];

  fileSystems."/home" = {
    device = "rpool/home";
    fsType = "zfs";
    neededForBoot = true;
  };
  users.users.alice = {
    uid = 1000;
    group = "users";
    home = "/home/alice";
    homeMode = "0700";
  };
  users.groups.users.gid = 100;
  petrichor = {
    volumes."/".retired = {
      keep = 5;
      days = 7;
      minFree = "5%";
    };
    volumes."/home" = {
      backend = "zfs";
      dataset = "rpool/home";
      baseline = "empty";
      phase = "initrd";
      reset = "rollback";
    };
    persistence."/persist/root".users.alice = {
      directories = [
        "Documents"
        ".ssh"
      ];
      files = [ ".bash_history" ];
    };
  };
}
