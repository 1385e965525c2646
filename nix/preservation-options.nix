# The options of nix-community/preservation.
{ config, lib }:

let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; }) mode;

  optional =
    type: description:
    mkOption {
      inherit description;
      type = types.nullOr type;
      default = null;
    };

  flag =
    default: description:
    mkOption {
      inherit default description;
      type = types.bool;
    };

  mountOption = types.submodule {
    options = {
      name = mkOption {
        type = types.str;
        description = "The option.";
      };
      value = optional types.str "What stands behind its `=`.";
    };
  };

  mountOptions =
    default: description:
    mkOption {
      inherit default description;
      type = types.listOf (types.coercedTo types.str (name: { inherit name; }) mountOption);
    };

  ownership = {
    user = optional types.str "Owner, when it is made. `null`: root, and the user in a home.";
    group = optional types.str "Group, when it is made. `null`: that of the owner.";
    mode = optional mode "Mode, when it is made.";
  };

  # One kept path; `kind` is "directory" or "file".
  entry =
    kind: ways: outer:
    types.submodule (
      { config, ... }:
      {
        options = ownership // {
          ${kind} = mkOption {
            type = types.str;
            description = "The path: absolute, and in a home relative to it.";
          };
          how = mkOption {
            type = types.enum ways;
            default = "bindmount";
            description = "Whether it is mounted, or a link into the store.";
          };
          configureParent = flag (
            config.how == "symlink" && outer ? username && builtins.match ".+/.*" config.${kind} != null
          ) "Whether `parent` is used.";
          parent = ownership;
          mountOptions = mountOptions [ ] "More options of the bind mount.";
          createLinkTarget = flag false "Accepted, without effect.";
          inInitrd = flag false "Accepted: what lies on a volume of the initrd is mounted there.";
        };
        config.mountOptions = [ "bind" ] ++ outer.commonMountOptions;
      }
    );

  tree = outer: {
    directories = mkOption {
      type = types.listOf (
        types.coercedTo types.str (directory: { inherit directory; }) (
          entry "directory" [
            "bindmount"
            "symlink"
            "_intermediate"
          ] outer
        )
      );
      default = [ ];
      description = "Kept directories: each a path, or a set where more is said.";
    };
    files = mkOption {
      type = types.listOf (
        types.coercedTo types.str (file: { inherit file; }) (
          entry "file" [
            "bindmount"
            "symlink"
          ] outer
        )
      );
      default = [ ];
      description = "Kept files: each a path, or a set where more is said.";
    };
    commonMountOptions = mountOptions [ ] "More options of all bind mounts below.";
  };

  user =
    outer:
    types.submodule (
      { name, config, ... }:
      {
        options = tree config // {
          username = mkOption {
            type = types.str;
            default = name;
            description = "The name of the user.";
          };
          home = mkOption {
            type = types.path;
            default = users.${config.username}.home;
            defaultText = lib.literalExpression "config.users.users.\${username}.home";
            description = "The home of this user.";
          };
        };
        config = { inherit (outer) commonMountOptions; };
      }
    );

  inherit (config.users) users;

  store = types.submodule (
    { name, config, ... }:
    {
      options = tree config // {
        persistentStoragePath = mkOption {
          type = types.path;
          default = name;
          description = "The store.";
        };
        users = mkOption {
          type = types.attrsOf (user config);
          default = { };
          description = "What is kept of homes, by user name; paths are relative to the home.";
        };
      };
    }
  );
in
{
  enable = lib.mkEnableOption "what `preservation.preserveAt` says";

  preserveAt = mkOption {
    type = types.attrsOf store;
    default = { };
    description = "What is kept, by store.";
  };
}
