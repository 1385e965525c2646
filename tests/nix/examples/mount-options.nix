{
  imports = [ ./btrfs-root.nix ];

  petrichor = {
    loss.ignore = [ "*.swp" ];
    persistence."/persistent" = {
      hideMounts = false;
      allowTrash = true;
      directories = [
        {
          directory = "/srv/uploads";
          options = [
            "noexec"
            "nosuid"
          ];
          hideMounts = true;
          allowTrash = false;
        }
      ];
      files = [
        {
          file = "/etc/adjtime";
          method = "bind";
        }
        {
          file = "/etc/nix/id_rsa";
          method = "symlink";
        }
        {
          file = "/etc/cups/lpoptions";
          method = "copy";
        }
      ];
    };
  };
}
