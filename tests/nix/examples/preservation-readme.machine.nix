{
  fileSystems."/" = {
    device = "none";
    fsType = "tmpfs";
    options = [ "mode=755" ];
  };
  fileSystems."/persistent" = {
    device = "/dev/disk/by-label/persistent";
    fsType = "ext4";
    neededForBoot = true;
  };
  users.users.butz = {
    uid = 1000;
    group = "users";
    home = "/home/butz";
    homeMode = "0700";
  };
  users.groups.users.gid = 100;
}
