# From options to the declaration, petrichor.toml(5), and to the accounts that it is rendered with.
{ lib }:

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

  entry = set: without (withMode set // { parentDirectory = without (withMode set.parentDirectory); });

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

  isBind = fs: builtins.elem "bind" fs.options || builtins.elem "rbind" fs.options;

  filesystem =
    fs:
    {
      type = fs.fsType;
      inherit (fs) device;
    }
    // without { inherit (fs) options; };
in
rec {
  # What survives and may carry a store: every mount that is no volume and has a device.
  survivors =
    volumes: fileSystems:
    filterAttrs (
      path: fs: !(volumes ? ${path}) && fs.device != null && fs.fsType != "tmpfs" && !isBind fs
    ) fileSystems;

  # A tmpfs forgets by nature.
  tmpfs =
    fileSystems:
    mapAttrs (_: fs: {
      backend = "tmpfs";
      inherit (fs) options;
    }) (filterAttrs (_: fs: fs.fsType == "tmpfs") fileSystems);

  enabled = filterAttrs (_: set: set.enable);

  declaration =
    cfg: fileSystems:
    without {
      inherit (cfg) machineId;
      volumes = mapAttrs (_: volume) cfg.volumes;
      filesystems = mapAttrs (_: filesystem) (survivors cfg.volumes fileSystems);
      persistence = mapAttrs (_: store cfg.presets) (enabled cfg.persistence);
      loss = without { inherit (cfg.loss) ignore; };
    }
    // {
      inherit (cfg) onFailure;
    };

  # passwd(5) and group(5), of those whose numbers are known now.
  passwd =
    users: groups:
    let
      gid = set: groups.${set.group}.gid or null;
    in
    concatMapStrings (line: line + "\n") (
      mapAttrsToList (
        name: set: "${name}:x:${toString set.uid}:${toString (gid set)}::${set.home}:/bin/sh"
      ) (filterAttrs (_: set: set.uid != null && gid set != null) users)
    );

  group =
    groups:
    concatMapStrings (line: line + "\n") (
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
