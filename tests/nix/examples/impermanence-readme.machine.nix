{
  fileSystems."/" = {
    device = "none";
    fsType = "tmpfs";
    options = [
      "defaults"
      "size=25%"
      "mode=755"
    ];
  };
  fileSystems."/persistent" = {
    device = "/dev/root_vg/root";
    neededForBoot = true;
    fsType = "btrfs";
    options = [ "subvol=persistent" ];
  };
  users.users.bird = {
    uid = 1000;
    group = "users";
    home = "/home/bird";
    homeMode = "0700";
  };
  users.users.colord = {
    uid = null;
    group = "colord";
    home = "/var/lib/colord";
    homeMode = "0700";
  };
  users.groups.users.gid = 100;
  users.groups.colord.gid = null;
}
