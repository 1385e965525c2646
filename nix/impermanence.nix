# `environment.persistence` and `home.persistence`, as nix-community/impermanence has them,
# forwarded to Petrichor: the configuration stays as it is, and loses the lines that emptied the root.
{
  config,
  lib,
  options,
  ...
}:

let
  own = import ./impermanence-options.nix { inherit lib; };

  locations = lib.filterAttrs (_: set: set.enable);

  system = locations config.environment.persistence;

  homes = lib.mapAttrs (_: home: locations (home.home.persistence or { })) (
    config.home-manager.users or { }
  );

  entry = set: { inherit (set) user group mode; };

  directory =
    set:
    entry set
    // {
      inherit (set) directory allowTrash;
      hideMounts = set.hideMount;
    };

  file = location: set: {
    inherit (set) file method;
    inherit (location) hideMounts allowTrash;
    parentDirectory = entry set.parentDirectory;
  };

  # Each entry may name a store of its own.
  tree =
    location: place: set:
    let
      stores = lib.unique (map (item: item.persistentStoragePath) (set.directories ++ set.files));
      of = store: builtins.filter (item: item.persistentStoragePath == store);
    in
    lib.genAttrs stores (
      store:
      place {
        directories = map directory (of store set.directories);
        files = map (file location) (of store set.files);
      }
    );

  ofUser = name: own: { users.${name} = own; };

  ofLocation =
    location:
    [ (tree location (set: set) location) ]
    ++ lib.mapAttrsToList (name: tree location (ofUser name)) location.users;

  ofHome =
    name: home: map (location: tree location (ofUser name) location) (lib.attrValues home);

  forwarded =
    lib.concatMap ofLocation (lib.attrValues system)
    ++ lib.concatLists (lib.mapAttrsToList ofHome homes);

  linked =
    set: builtins.filter (item: item.method == "auto" && item.file != "/etc/machine-id") set.files;

  debugged =
    location: set:
    location.enableDebugging
    || builtins.any (item: item.enableDebugging) (set.directories ++ set.files);

  ofTree =
    option: location: set:
    lib.optional (location.enableWarnings && linked set != [ ])
      ''${option}.files: method "auto" is always a link here, for the boot path is built before the store can be looked at: ${
        lib.concatMapStringsSep ", " (item: item.file) (linked set)
      }''
    ++ lib.optional (location.enableWarnings && debugged location set)
      "${option}.enableDebugging has no effect: mounts and directories are made by systemd, and its journal tells of them.";

  ofSystem =
    path: location:
    let
      option = ''environment.persistence."${path}"'';
    in
    ofTree option location location
    ++ lib.concatLists (
      lib.mapAttrsToList (name: ofTree "${option}.users.${name}" location) location.users
    );

  ofHomeManager =
    name: home:
    lib.concatLists (
      lib.mapAttrsToList (
        path: location:
        ofTree ''home-manager.users.${name}.home.persistence."${path}"'' location location
      ) home
    );
in
{
  imports = [ ./module.nix ];

  options.environment.persistence = own.system;

  config = lib.mkMerge [
    (lib.optionalAttrs (options ? home-manager.sharedModules) {
      home-manager.sharedModules = [ { options.home.persistence = own.home; } ];
    })
    {
      petrichor = {
        enable = lib.mkIf (forwarded != [ ]) (lib.mkDefault true);
        persistence = lib.mkMerge forwarded;
      };

      warnings =
        lib.concatLists (lib.mapAttrsToList ofSystem system)
        ++ lib.concatLists (lib.mapAttrsToList ofHomeManager homes);
    }
  ];
}
