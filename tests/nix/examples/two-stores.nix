# One store is backed up, one is not, and one is switched off.
{ lib, ... }:

{
  imports = [ ./btrfs-root.nix ];

  petrichor.persistence = {
    "/persistent/precious".directories = [ "/srv/photos" ];
    "/persistent/caches" = {
      presets = [ "bluetooth" ];
      directories = [ "/var/cache/ccache" ];
    };
    "/persistent/old" = {
      enable = false;
      directories = [ "/opt" ];
    };
    "/persistent/never" = lib.mkIf false { directories = [ "/opt" ]; };
  };
}
