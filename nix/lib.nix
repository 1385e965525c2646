# Pure functions, with nothing but `builtins`: usable without nixpkgs and without the module.
let
  inherit (builtins)
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    isList
    isString
    length
    match
    split
    stringLength
    toJSON
    ;

  absolute =
    what: path:
    if !isString path then
      throw "petrichor.lib: ${what} ${toJSON path} is no string: quote it, or Nix copies it to the store"
    else if match "/.*" path == null then
      throw "petrichor.lib: ${what} ${toJSON path} is not absolute"
    else if elem ".." (parts path) then
      throw "petrichor.lib: ${what} ${toJSON path} holds '..'"
    else
      clean path;

  parts = path: filter (part: isString part && part != "" && part != ".") (split "/" path);

  clean = path: "/" + concatStringsSep "/" (parts path);

  join = root: path: if root == "/" then path else root + path;

  bind = source: {
    device = source;
    fsType = "none";
    options = [
      "bind"
      "x-gvfs-hide"
    ];
  };

  repeated = list: filter (item: length (filter (other: other == item) list) > 1) list;

  # One clause of chmod(1)'s symbolic form: a sum of bits for every digit it names.
  clause =
    text:
    let
      found = match "([ugoa]*)=([rwx]*)" text;
      has = letter: match ".*${letter}.*" (elemAt found 1) != null;
      bit = letter: value: if has letter then value else 0;
    in
    if found == null then
      null
    else
      {
        who = if elemAt found 0 == "" then "a" else elemAt found 0;
        bits = bit "r" 4 + bit "w" 2 + bit "x" 1;
      };

  names = clause: who: match ".*[a${who}].*" clause.who != null;
in
rec {
  # persistMount "/persist/root/var/log" "/var/log": one entry for `fileSystems`.
  persistMount =
    source: destination:
    let
      where = absolute "destination" destination;
    in
    if where == "/" then
      throw "petrichor.lib: the root cannot be a bind mount"
    else
      { ${where} = bind (absolute "source" source); };

  # persistDirs "/persist/root" [ "/var/log" ]: entries for `fileSystems`, each from below the root.
  persistDirs =
    root: dirs:
    let
      store = absolute "root" root;
      wanted =
        if isList dirs then map (absolute "directory") dirs else throw "petrichor.lib: dirs is no list";
      twice = repeated wanted;
    in
    if builtins.seq store twice != [ ] then
      throw "petrichor.lib: ${toJSON (elemAt twice 0)} is listed twice"
    else
      foldl' (entries: path: entries // persistMount (join store path) path) { } wanted;

  # "u=rwx,g=rx,o=" or "0750" as four octal digits; null where it is neither.
  octalMode =
    text:
    let
      clauses = map clause (filter isString (split "," text));
      digit = who: foldl' (value: next: if names next who then next.bits else value) 0 clauses;
    in
    if match "[0-7]{3,4}" text != null then
      if stringLength text == 3 then "0" + text else text
    else if elem null clauses then
      null
    else
      "0" + concatStringsSep "" (
        map (who: toString (digit who)) [
          "u"
          "g"
          "o"
        ]
      );
}
