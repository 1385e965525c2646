{
  imports = [
    ../../../nix/preservation.nix
    ./preservation-readme.machine.nix
  ];

  preservation.enable = true;
  preservation.preserveAt.state = {
    persistentStoragePath = "/persistent/state";
    commonMountOptions = [ "x-gvfs-hide" ];
    directories = [
      {
        directory = "/srv/linked";
        how = "symlink";
        createLinkTarget = true;
        inInitrd = true;
      }
      {
        directory = "/srv/way";
        how = "_intermediate";
      }
      {
        directory = "/srv/mounted";
        user = "butz";
        group = "users";
        mode = "0750";
        configureParent = true;
        parent = {
          user = "root";
          group = "users";
          mode = "0710";
        };
        mountOptions = [
          "noexec"
          {
            name = "x-systemd.device-timeout";
            value = "5";
          }
        ];
      }
    ];
    files = [
      {
        file = "/etc/bound";
        how = "bindmount";
        mode = "0600";
      }
      {
        file = "/etc/linked";
        how = "symlink";
        createLinkTarget = true;
        configureParent = true;
      }
    ];
    users.worker = {
      username = "butz";
      home = "/home/butz";
      commonMountOptions = [ { name = "x-gvfs-trash"; } ];
      directories = [ "work" ];
      files = [
        {
          file = ".config/tool";
          how = "symlink";
        }
      ];
    };
  };
}
