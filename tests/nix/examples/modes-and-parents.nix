{
  imports = [ ./btrfs-root.nix ];

  petrichor.persistence."/persistent" = {
    directories = [
      {
        directory = "/srv/private/data";
        mode = "u=rwx,g=rx,o=";
        parentDirectory.mode = "u=rwx,go=";
      }
      {
        directory = "/var/lib/private/thing";
        parentDirectory.mode = "700";
      }
      {
        directory = "/srv/drop";
        mode = "1777";
      }
    ];
    files = [
      {
        file = "/var/keys/secret";
        mode = "0400";
        parentDirectory = {
          user = "0";
          group = "0";
          mode = "u=rwx,g=,o=";
        };
      }
    ];
  };
}
