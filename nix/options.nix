{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; }) line mode;

  optional =
    type: description:
    mkOption {
      inherit description;
      type = types.nullOr type;
      default = null;
    };

  presets =
    description:
    mkOption {
      inherit description;
      type = types.listOf types.str;
      default = [ ];
      example = [ "nixos" ];
    };

  ownership = {
    user = optional types.str "Owner, when it is made. `null`: root, and the user in a home.";
    group = optional types.str "Group, when it is made. `null`: that of the owner.";
    mode = optional mode "Mode, when it is made: `\"0750\"` or `\"u=rwx,g=rx,o=\"`.";
  };

  common = ownership // {
    parentDirectory = mkOption {
      type = types.submodule { options = ownership; };
      default = { };
      description = "Owner and mode of the directory above, when it is made.";
    };
    options = mkOption {
      type = types.listOf line;
      default = [ ];
      example = [ "noexec" ];
      description = "More options of the bind mount.";
    };
    hideMounts = optional types.bool "Hide the mount in file managers. `null`: as its store says.";
    allowTrash = optional types.bool "Allow a trash folder on the mount. `null`: as its store says.";
    encoding = mkOption {
      type = types.enum [
        "utf-8"
        "percent"
      ];
      default = "utf-8";
      description = "With `percent` each `%NN` of the path is one byte, for names that are not UTF-8.";
    };
  };

  directory = types.submodule {
    options = common // {
      directory = mkOption {
        type = types.str;
        description = "The path: absolute, and in a home relative to it.";
      };
    };
  };

  file = types.submodule {
    options = common // {
      file = mkOption {
        type = types.str;
        description = "The path: absolute, and in a home relative to it.";
      };
      method = mkOption {
        type = types.enum [
          "auto"
          "bind"
          "symlink"
          "copy"
        ];
        default = "auto";
        description = ''
          `bind` mounts the file, `symlink` links into the store, `copy` is for files that their
          programs replace by renaming: copied in at boot, and back when they change. The boot path
          is built before the store can be looked at, so `auto` is a link here.
        '';
      };
    };
  };

  tree = {
    directories = mkOption {
      type = types.listOf (types.coercedTo types.str (directory: { inherit directory; }) directory);
      default = [ ];
      example = [ "/var/log" ];
      description = "Kept directories: each a path, or a set where more is said.";
    };
    files = mkOption {
      type = types.listOf (types.coercedTo types.str (file: { inherit file; }) file);
      default = [ ];
      example = [ "/etc/zfs/zpool.cache" ];
      description = "Kept files: each a path, or a set where more is said.";
    };
    presets = presets "Programs whose paths come along; `docs/programs.md` lists them.";
  };

  user = types.submodule (
    { name, ... }:
    {
      options = tree // {
        home = mkOption {
          type = types.str;
          default = config.users.users.${name}.home;
          defaultText = lib.literalExpression "config.users.users.\${name}.home";
          description = "The home of this user.";
        };
        homeMode = mkOption {
          type = mode;
          default = config.users.users.${name}.homeMode;
          defaultText = lib.literalExpression "config.users.users.\${name}.homeMode";
          description = "Mode of the home when it is made.";
        };
      };
    }
  );

  store = types.submodule {
    options = tree // {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether this store is used.";
      };
      hideMounts = mkOption {
        type = types.bool;
        default = true;
        description = "Hide the mounts in file managers.";
      };
      allowTrash = mkOption {
        type = types.bool;
        default = false;
        description = "Allow a trash folder on the mounts.";
      };
      users = mkOption {
        type = types.attrsOf user;
        default = { };
        description = "What is kept of homes, by user name; paths are relative to the home.";
      };
    };
  };

  volume = types.submodule {
    options = {
      backend = mkOption {
        type = types.enum [
          "zfs"
          "btrfs"
          "tmpfs"
          "directory"
        ];
        description = "What the volume is; it decides which of the other options apply.";
      };
      dataset = optional line "zfs: the dataset, below its pool.";
      device = optional line "btrfs: the device, `/dev/…` or `LABEL=…`.";
      subvolume = optional line "btrfs: path of the subvolume from the top level.";
      baseline = optional line ''
        zfs: the snapshot's name behind the `@`; `null`: `blank`.
        btrfs: path of the read-only subvolume; `null`: `SUBVOLUME-blank`.
      '';
      directory = optional line "directory: the directory that holds the content.";
      options = optional (types.listOf line) "btrfs, tmpfs: more mount options.";
      phase = optional (types.enum [
        "initrd"
        "system"
      ]) "Where in the boot it is mounted. `null`: by its mount point.";
      reset = optional (types.enum [
        "retire"
        "rollback"
      ]) "`retire` sets the old content aside, `rollback` drops it. `null`: `retire`.";
      retired = {
        keep = optional types.ints.positive "At most so many retired volumes. `null`: 10.";
        days = optional types.ints.positive "At most so many days. `null`: 30.";
        minFree = optional types.str "Free space below which older ones go. `null`: `10%`.";
      };
    };
  };
in
{
  options.petrichor = {
    enable = lib.mkEnableOption "the reset of this machine's volumes at every boot";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The command.";
    };

    volumes = mkOption {
      type = types.attrsOf volume;
      default = { };
      example = {
        "/" = {
          backend = "zfs";
          dataset = "rpool/root";
        };
      };
      description = ''
        Filesystems that are emptied at boot, by mount point; each is also one of `fileSystems`.
        Those of type tmpfs are found there and need not be named.
      '';
    };

    persistence = mkOption {
      type = types.attrsOf store;
      default = { };
      example = {
        "/persist/root".directories = [ "/var/log" ];
      };
      description = "What is kept, by store, in the words of `environment.persistence`.";
    };

    presets = presets "Programs whose paths outside of homes come along in the only store.";

    loss.ignore = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "/tmp/" ];
      description = "What is lost without being worth a word: patterns as in gitignore(5).";
    };

    machineId = mkOption {
      type = types.nullOr (types.strMatching "[0-9a-f]{32}");
      default = null;
      description = "The machine's id, machine-id(5); it also goes to the kernel command line.";
    };

    settingsFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./petrichor.json";
      description = ''
        A JSON file beside the configuration with more `persistence` and `loss`, merged with what is
        declared here: a machine may write it.
      '';
    };

    settingsPath = mkOption {
      type = types.nullOr (types.strMatching "/.*");
      default = null;
      example = "/etc/nixos/petrichor.json";
      description = ''
        Where `settingsFile` lies on the machine, for `petrichor keep` and `petrichor forget` to
        write: what Nix evaluates is a copy in its store.
      '';
    };

    onFailure = mkOption {
      type = types.enum [
        "continue"
        "emergency"
      ];
      default = "continue";
      description = "After a failed reset: boot with the old content, or stop in the initrd.";
    };

    declaration = mkOption {
      type = types.attrs;
      readOnly = true;
      internal = true;
      description = "The declaration that the boot path is rendered from.";
    };

    bootPath = mkOption {
      type = types.package;
      readOnly = true;
      internal = true;
      description = "The rendered boot path, with the outputs `initrd` and `system`.";
    };
  };
}
