# The options of nix-community/impermanence, for the system and for home-manager.
{ lib }:

let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; }) mode;

  flag =
    default: description:
    mkOption {
      inherit default description;
      type = types.bool;
    };

  optional =
    type: description:
    mkOption {
      inherit description;
      type = types.nullOr type;
      default = null;
    };

  ownership = {
    user = optional types.str "Owner, when it is made. `null`: root, and the user in a home.";
    group = optional types.str "Group, when it is made. `null`: that of the owner.";
    mode = optional mode "Mode, when it is made: `\"0700\"` or `\"u=rwx,g=,o=\"`.";
  };

  common = location: {
    persistentStoragePath = mkOption {
      type = types.path;
      default = location.persistentStoragePath;
      description = "The store, where it is not the location's.";
    };
    enableDebugging = flag false "Accepted, without effect.";
  };

  directory =
    location:
    types.submodule {
      options =
        common location
        // ownership
        // {
          directory = mkOption {
            type = types.str;
            description = "The path: absolute, and in a home relative to it.";
          };
          hideMount = flag location.hideMounts "Hide the mount in file managers.";
          allowTrash = flag location.allowTrash "Allow a trash folder on the mount.";
        };
    };

  file =
    location:
    types.submodule {
      options = common location // {
        file = mkOption {
          type = types.str;
          description = "The path: absolute, and in a home relative to it.";
        };
        parentDirectory = ownership;
        method = mkOption {
          type = types.enum [
            "auto"
            "symlink"
          ];
          default = "auto";
          description = "Both are a link into the store here.";
        };
      };
    };

  tree = location: {
    directories = mkOption {
      type = types.listOf (
        types.coercedTo types.str (directory: { inherit directory; }) (directory location)
      );
      default = [ ];
      description = "Kept directories: each a path, or a set where more is said.";
    };
    files = mkOption {
      type = types.listOf (types.coercedTo types.str (file: { inherit file; }) (file location));
      default = [ ];
      description = "Kept files: each a path, or a set where more is said.";
    };
  };

  location =
    name: config:
    tree config
    // {
      enable = flag true "Whether this location is used.";
      persistentStoragePath = mkOption {
        type = types.path;
        default = name;
        description = "The store.";
      };
      hideMounts = flag false "Hide the mounts in file managers.";
      allowTrash = flag false "Allow a trash folder on the mounts.";
      enableDebugging = flag false "Accepted, without effect.";
      enableWarnings = flag true "Warn of what means something else here.";
    };

  users =
    config:
    mkOption {
      type = types.attrsOf (types.submodule { options = tree config; });
      default = { };
      description = "What is kept of homes, by user name; paths are relative to the home.";
    };

  locations =
    more:
    mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, config, ... }:
          {
            options = location name config // more config;
          }
        )
      );
      default = { };
      description = "What is kept, by store.";
    };
in
{
  system = locations (config: { users = users config; });
  home = locations (_: { });
}
