{
  imports = [ ./zfs-root.nix ];

  petrichor.settingsFile = ./settings-file.input.json;
}
