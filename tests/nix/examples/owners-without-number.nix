# Numbers that NixOS gives at boot: the real system hands over what the initrd made.
{
  imports = [ ./zfs-root-and-home.nix ];

  users.users.colord = {
    uid = null;
    group = "colord";
    home = "/var/lib/colord";
    homeMode = "0700";
  };
  users.groups.colord.gid = null;
  petrichor.persistence."/persist/root" = {
    directories = [
      {
        directory = "/var/lib/colord";
        user = "colord";
        mode = "0750";
      }
      {
        directory = "/srv/colours";
        group = "colord";
        parentDirectory.user = "colord";
      }
    ];
    users.alice.directories = [
      {
        directory = "colours";
        group = "colord";
      }
    ];
  };
}
