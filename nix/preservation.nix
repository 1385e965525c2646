# `preservation.preserveAt`, as nix-community/preservation has it, forwarded to Petrichor: the
# configuration stays as it is, and the root that it was written for is emptied too.
{ config, lib, ... }:

let
  own = import ./preservation-options.nix { inherit lib config; };

  cfg = config.preservation;

  stores = lib.optionalAttrs cfg.enable cfg.preserveAt;

  methods = {
    bindmount = "bind";
    symlink = "symlink";
  };

  said = option: option.name + lib.optionalString (option.value != null) "=${option.value}";

  entry =
    set:
    let
      options = map said set.mountOptions;
    in
    {
      inherit (set) user group mode;
      hideMounts = builtins.elem "x-gvfs-hide" options;
      allowTrash = builtins.elem "x-gvfs-trash" options;
      # What each mount of Petrichor's has, and what the two flags stand for.
      options = lib.subtractLists [
        "bind"
        "X-fstrim.notrim"
        "x-gvfs-hide"
        "x-gvfs-trash"
      ] options;
    }
    // lib.optionalAttrs set.configureParent { parentDirectory = set.parent; };

  tree = set: {
    directories = map (item: entry item // { inherit (item) directory; }) (
      builtins.filter (item: item.how != "_intermediate") set.directories
    );
    files = map (
      item:
      entry item
      // {
        inherit (item) file;
        method = methods.${item.how};
      }
    ) set.files;
  };

  user = set: { ${set.username} = tree set // { inherit (set) home; }; };

  store = set: {
    ${set.persistentStoragePath} = tree set // {
      users = lib.mkMerge (map user (lib.attrValues set.users));
    };
  };

  ofTree =
    option: set:
    let
      directories = how: builtins.filter (item: item.how == how) set.directories;
      targets =
        items: builtins.filter (item: item.how == "symlink" && item.createLinkTarget) items;
      of = path: items: lib.concatMapStringsSep ", " (item: item.${path}) items;
      warn = items: text: lib.optional (items != [ ]) "${option}.${text}";
    in
    warn (directories "symlink")
      "directories: how \"symlink\" is a mount here: ${of "directory" (directories "symlink")}"
    ++ warn (directories "_intermediate")
      "directories: how \"_intermediate\" is not forwarded: ${
        of "directory" (directories "_intermediate")
      }"
    ++ warn (targets set.files)
      "files: createLinkTarget has no effect, the program makes the file: ${of "file" (targets set.files)}";

  ofStore =
    path: set:
    let
      option = ''preservation.preserveAt."${path}"'';
    in
    ofTree option set
    ++ lib.concatLists (lib.mapAttrsToList (name: ofTree "${option}.users.${name}") set.users);
in
{
  imports = [ ./module.nix ];

  options.preservation = own;

  config = {
    petrichor = {
      enable = lib.mkIf (stores != { }) (lib.mkDefault true);
      persistence = lib.mkMerge (map store (lib.attrValues stores));
    };

    warnings = lib.concatLists (lib.mapAttrsToList ofStore stores);
  };
}
