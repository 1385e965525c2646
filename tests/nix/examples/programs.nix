{
  imports = [ ./zfs-root-and-home.nix ];

  petrichor.persistence."/persist/root" = {
    presets = [ "networkmanager" ];
    users.alice.presets = [
      "firefox"
      "openssh"
    ];
  };
}
