# What must hold for a machine that forgets, each with the option to change.
{ lib, make }:

config: settings:

let
  cfg = config.petrichor;
  inherit (config) fileSystems;
  stores = make.enabled cfg.persistence;
  points = builtins.attrNames fileSystems;

  inherit (import ./places.nix { inherit lib make; } config)
    inInitrd
    isEarly
    onVolume
    onEarlyVolume
    ;

  # A number would name the retired subvolume after the first reset, so only the path will do.
  isSubvolume =
    path: fs:
    let
      steps = text: builtins.filter (step: step != "") (lib.splitString "/" text);
      named =
        key: builtins.filter (lib.hasPrefix "${key}=") (make.mountOptions fs);
    in
    named "subvolid" == [ ]
    && named "subvol" != [ ]
    && steps (lib.removePrefix "subvol=" (lib.last (named "subvol"))) == steps path;

  ofVolume =
    point: volume:
    let
      isMounted = builtins.elem point points;
    in
    [
      {
        assertion = volume.backend == "directory" || isMounted;
        message = ''petrichor.volumes."${point}": there is no fileSystems."${point}" that mounts it.'';
      }
      {
        assertion = !(isEarly point volume) || !isMounted || inInitrd point;
        message = ''fileSystems."${point}".neededForBoot must be true: the volume is mounted in the initrd.'';
      }
      {
        assertion =
          volume.backend != "zfs"
          || volume.dataset == null
          || !isMounted
          || fileSystems.${point}.device == volume.dataset;
        message = ''fileSystems."${point}".device is not petrichor.volumes."${point}".dataset, "${toString volume.dataset}".'';
      }
      {
        assertion =
          volume.backend != "btrfs"
          || volume.subvolume == null
          || !isMounted
          || isSubvolume volume.subvolume fileSystems.${point};
        message = ''fileSystems."${point}".options must have "subvol=${toString volume.subvolume}" and no subvolid, as petrichor.volumes."${point}".subvolume says.'';
      }
    ];

  ofStore =
    path: store:
    let
      point = make.carrier fileSystems path;
    in
    [
      {
        assertion = point != "" && inInitrd point;
        message = ''fileSystems."${point}".neededForBoot must be true: it carries the store ${path}.'';
      }
    ]
    ++ map (ofDirectory path) store.directories;

  ofDirectory =
    store: set:
    {
      assertion = !(fileSystems ? ${set.directory});
      message = ''fileSystems."${set.directory}" must go: petrichor.persistence."${store}" mounts there.'';
    };

  named = lib.unique (lib.concatMap (store: builtins.attrNames store.users) (lib.attrValues stores));

  numbered =
    name:
    let
      user = config.users.users.${name};
    in
    {
      assertion =
        !(onEarlyVolume user.home)
        || user.uid != null && config.users.groups.${user.group}.gid or null != null;
      message = "users.users.${name}.uid and users.groups.${user.group}.gid must be set: the home of ${name} is made in the initrd, which has only numbers.";
    };

  # What lets a user in whose line in /etc/shadow is made anew at every boot.
  lasting =
    user:
    builtins.any (key: user.${key} or null != null) [
      "hashedPassword"
      "hashedPasswordFile"
      "initialHashedPassword"
      "initialPassword"
      "password"
    ]
    || user.openssh.authorizedKeys.keys or [ ] != [ ]
    || user.openssh.authorizedKeys.keyFiles or [ ] != [ ];

  foreign = lib.subtractLists [
    "persistence"
    "loss"
  ] (builtins.attrNames settings);
in
[
  {
    assertion = config.boot.initrd.systemd.enable;
    message = "boot.initrd.systemd.enable must be true: resets are units of the initrd.";
  }
  {
    assertion = cfg.volumes != { };
    message = "petrichor.volumes is empty: say which filesystems are emptied at boot.";
  }
  {
    assertion = cfg.presets == [ ] || builtins.length (builtins.attrNames stores) == 1;
    message = "petrichor.presets wants exactly one store: with others, name them in petrichor.persistence.<store>.presets.";
  }
  {
    assertion =
      !(config.users.mutableUsers or false)
      || !onVolume "/etc/shadow"
      || builtins.any lasting (lib.attrValues config.users.users);
    message = "No user has a password or an SSH key in the configuration, and /etc/shadow is forgotten: set users.users.<name>.hashedPasswordFile.";
  }
  {
    assertion = foreign == [ ];
    message = "petrichor.settingsFile may hold persistence and loss alone, and not ${lib.concatStringsSep ", " foreign}.";
  }
]
++ lib.concatLists (lib.mapAttrsToList ofVolume cfg.volumes)
++ lib.concatLists (lib.mapAttrsToList ofStore stores)
++ map numbered named
