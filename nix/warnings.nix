# What a machine that forgets may trip over, beside other modules.
{ lib, make }:

config:

let
  cfg = config.petrichor;

  inherit (import ./places.nix { inherit lib make; } config) onVolume onLateVolume;

  stores = lib.attrValues (make.enabled cfg.persistence);
  presets = cfg.presets ++ lib.concatMap (store: store.presets) stores;

  kept =
    lib.concatMap (store: map (set: set.directory) store.directories) stores
    ++ lib.optional (builtins.elem "nixos" presets) "/var/lib/nixos";

  isKept = path: builtins.any (above: path == above || lib.hasPrefix (above + "/") path) kept;

  isForgotten = path: onVolume path && !isKept path;

  userborn = config.services.userborn or { };
  bornByUserborn = userborn.enable or false;
  numbered = config.systemd.sysusers.enable or false;

  # Where the numbers of users and groups are remembered that the configuration leaves open.
  numbers = if bornByUserborn then userborn.passwordFilesLocation or "/etc" else "/var/lib/nixos";

  # What decrypts secrets while the configuration is activated, before late volumes are mounted.
  keys =
    (config.sops.age.sshKeyPaths or [ ])
    ++ (config.sops.gnupg.sshKeyPaths or [ ])
    ++ builtins.filter (path: path != null) [ (config.sops.age.keyFile or null) ]
    ++ (config.age.identityPaths or [ ]);

  lateKey =
    path:
    "${path} is asked for when secrets are decrypted, and lies on a volume that is mounted later: name the place of the key in the store.";
in
lib.optional (!numbered && isForgotten numbers) (
  "${numbers} is forgotten at every boot, and with it which user and group has which number: "
  + (
    if bornByUserborn then
      ''set services.userborn.passwordFilesLocation = "/var/lib/nixos" and keep that.''
    else
      ''keep it, as petrichor.presets = [ "nixos" ] does.''
  )
)
++ map lateKey (builtins.filter onLateVolume (lib.unique keys))
