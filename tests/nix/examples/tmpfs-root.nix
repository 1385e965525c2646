# The tmpfs is found among the filesystems; those for what is passing are none of ours.
{
  fileSystems."/" = {
    device = "none";
    fsType = "tmpfs";
    options = [
      "size=25%"
      "mode=755"
    ];
  };
  fileSystems."/tmp" = {
    device = "tmpfs";
    fsType = "tmpfs";
  };
  fileSystems."/run/lock" = {
    device = "tmpfs";
    fsType = "tmpfs";
  };
  fileSystems."/persist" = {
    device = "/dev/disk/by-label/persist";
    fsType = "ext4";
    neededForBoot = true;
  };
  petrichor = {
    enable = true;
    presets = [ "nixos" ];
    persistence."/persist".directories = [ "/var/log" ];
  };
}
