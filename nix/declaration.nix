# From options to the declaration, petrichor.toml(5), and to the accounts that it is rendered with.
{
  lib,
  users,
  groups,
}:

let
  inherit (lib)
    concatMapStrings
    filterAttrs
    hasPrefix
    mapAttrs
    mapAttrsToList
    optionalAttrs
    ;

  petrichorLib = import ./lib.nix;

  withMode = set: set // optionalAttrs (set.mode != null) { mode = petrichorLib.octalMode set.mode; };

  without = filterAttrs (_: value: value != null && value != [ ] && value != { });

  # The initrd has only numbers: an owner whose number is given at boot comes later, by tmpfiles.d.
  isLate = accounts: key: name: name != null && accounts ? ${name} && accounts.${name}.${key} == null;
  isLateUser = isLate users "uid";
  isLateGroup = isLate groups "gid";

  early =
    set:
    without (
      withMode set
      // {
        user = if isLateUser set.user then null else set.user;
        group = if isLateGroup set.group then null else set.group;
      }
    );

  entry = set: without (early set // { parentDirectory = early set.parentDirectory; });

  tree = set: {
    directories = map entry set.directories;
    files = map entry set.files;
    inherit (set) presets;
  };

  user =
    set:
    without (tree set)
    // {
      inherit (set) home;
      homeMode = petrichorLib.octalMode set.homeMode;
    };

  store =
    presets: set:
    without (tree set // { presets = set.presets ++ presets; })
    // {
      inherit (set) hideMounts allowTrash;
    }
    // without { users = mapAttrs (_: user) set.users; };

  volume = set: without (set // { retired = without set.retired; });

  isBind = fs: lib.any (option: option == "bind" || option == "rbind") (mountOptions fs);

  # As in fstab(5), several may stand in one, with commas between them.
  mountOptions = fs: lib.concatMap (lib.splitString ",") fs.options;

  late =
    path: set:
    lib.optionalAttrs (isLateUser set.user || isLateGroup set.group) {
      ${path}.z = without (
        withMode {
          inherit (set) mode user;
          group = if set.group != null || set.user == null then set.group else users.${set.user}.group;
        }
      );
    };

  lateEntry =
    store: under: key: set:
    let
      path = under set.${key};
      above = late (dirOf path) set.parentDirectory // late (dirOf (store + path)) set.parentDirectory;
    in
    above // late (store + path) set;

  lateTree =
    store: under: set:
    map (lateEntry store under "directory") set.directories
    ++ map (lateEntry store under "file") set.files;

  # What is on its way at runtime, and forgotten by design: file-hierarchy(7).
  passing = [
    "/dev"
    "/proc"
    "/run"
    "/sys"
    "/tmp"
    "/var/tmp"
  ];

  isPassing = path: lib.any (point: path == point || hasPrefix (point + "/") path) passing;

  filesystem =
    fs:
    {
      type = fs.fsType;
      inherit (fs) device;
    }
    // without { inherit (fs) options; };
in
rec {
  inherit mountOptions;

  # What survives and may carry a store: every mount that is no volume and has a device.
  survivors =
    volumes: fileSystems:
    filterAttrs (
      path: fs: !(volumes ? ${path}) && fs.device != null && fs.fsType != "tmpfs" && !isBind fs
    ) fileSystems;

  # A tmpfs forgets by nature; what is kept below it must come back all the same.
  tmpfs =
    fileSystems:
    mapAttrs (_: fs: {
      backend = lib.mkDefault "tmpfs";
      options = lib.mkDefault fs.options;
    }) (filterAttrs (path: fs: fs.fsType == "tmpfs" && !isPassing path) fileSystems);

  enabled = filterAttrs (_: set: set.enable);

  declaration =
    cfg: fileSystems:
    without {
      inherit (cfg) machineId;
      settingsFile = cfg.settingsPath;
      volumes = mapAttrs (_: volume) cfg.volumes;
      filesystems = mapAttrs (_: filesystem) (survivors cfg.volumes fileSystems);
      persistence = mapAttrs (_: store cfg.presets) (enabled cfg.persistence);
      loss = without { inherit (cfg.loss) ignore; };
    }
    // {
      inherit (cfg) onFailure;
    };

  # tmpfiles.d(5), of what has an owner whose number the initrd cannot know.
  owners =
    cfg:
    lib.mkMerge (
      lib.concatLists (
        mapAttrsToList (
          path: set:
          lateTree path (item: item) set
          ++ lib.concatMap (user: lateTree path (item: "${user.home}/${item}") user) (lib.attrValues set.users)
        ) (enabled cfg.persistence)
      )
    );

  # passwd(5) and group(5), of those whose numbers are known now.
  passwd =
    let
      gid = set: groups.${set.group}.gid or null;
    in
    concatMapStrings (line: line + "\n") (
      mapAttrsToList (
        name: set: "${name}:x:${toString set.uid}:${toString (gid set)}::${set.home}:/bin/sh"
      ) (filterAttrs (_: set: set.uid != null && gid set != null) users)
    );

  group = concatMapStrings (line: line + "\n") (
    mapAttrsToList (name: set: "${name}:x:${toString set.gid}:") (
      filterAttrs (_: set: set.gid != null) groups
    )
  );

  # The mount point that carries a path.
  carrier =
    fileSystems: path:
    let
      above = builtins.filter (
        point: point == "/" || point == path || hasPrefix (point + "/") path
      ) (builtins.attrNames fileSystems);
    in
    lib.foldl' (
      best: point: if builtins.stringLength point > builtins.stringLength best then point else best
    ) "" above;
}
