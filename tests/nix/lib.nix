# A stand-in for nixpkgs' lib: the functions that the modules use, and as much of its module system.
# It refuses what nixpkgs refuses (unknown options, wrong types, conflicts) and knows nothing more.
let
  inherit (builtins)
    all
    any
    attrNames
    attrValues
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    functionArgs
    genList
    hasAttr
    head
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isPath
    isString
    length
    listToAttrs
    map
    mapAttrs
    match
    removeAttrs
    stringLength
    substring
    toJSON
    ;

  show = loc: concatStringsSep "." loc;

  isA = type: value: isAttrs value && value._type or null == type;

  union = foldl' (seen: name: if elem name seen then seen else seen ++ [ name ]) [ ];

  reversed = foldl' (list: item: [ item ] ++ list) [ ];

  # The values of one attribute in all sets that have it.
  column = name: sets: concatMap (set: if set ? ${name} then [ set.${name} ] else [ ]) sets;

  zip = sets: names: combine: lib.genAttrs names (name: combine name (column name sets));

  # Properties: conditions, joined definitions and priorities.

  # A definition as plain ones: conditions are asked, joined ones parted. What is behind a priority
  # is not looked at: a default that nobody needs may be an error.
  discharge =
    value:
    if isA "if" value then
      if value.condition then discharge value.content else [ ]
    else if isA "merge" value then
      concatMap discharge value.contents
    else if isA "override" value then
      [ { inherit (value) priority content; } ]
    else
      [
        {
          priority = 100;
          content = value;
        }
      ];

  strongest =
    definitions:
    let
      best = foldl' (
        least: next: if next.priority < least then next.priority else least
      ) (head definitions).priority definitions;
    in
    map (definition: definition.content) (
      filter (definition: definition.priority == best) definitions
    );

  # A definition of many options as sets of definitions of each: no condition is asked here.
  pushDown =
    value:
    if isA "if" value then
      map (mapAttrs (_: lib.mkIf value.condition)) (pushDown value.content)
    else if isA "merge" value then
      concatMap pushDown value.contents
    else if isA "override" value then
      map (mapAttrs (_: lib.mkOverride value.priority)) (pushDown value.content)
    else
      [ value ];

  # One value of a type from definitions with properties; `none` where every condition is false.
  merged =
    type: loc: none: definitions:
    let
      found = concatMap discharge definitions;
      values = strongest found;
      wrong = filter (value: !type.check value) values;
    in
    if found == [ ] then
      none
    else if wrong != [ ] then
      throw "A definition for option `${show loc}' is not of type `${type.description}'."
    else
      type.merge loc values;

  # Modules.

  normalise =
    module:
    if module ? config || module ? options then
      let
        foreign = attrNames (
          removeAttrs module [
            "config"
            "imports"
            "options"
          ]
        );
      in
      if foreign != [ ] then
        throw "A module with `config' or `options' has `${head foreign}' beside them."
      else
        {
          imports = [ ];
          options = { };
          config = { };
        }
        // module
    else
      {
        imports = module.imports or [ ];
        options = { };
        config = removeAttrs module [ "imports" ];
      };

  call =
    args: module:
    if isPath module then
      call args (import module)
    else if isFunction module then
      module (args // mapAttrs (name: _: args.${name}) (functionArgs module))
    else
      module;

  # All modules in the order in which nixpkgs puts lists together: level by level of imports, the
  # deepest first, and of each level the last first. A file that is named twice counts once, where
  # it was named first.
  collect =
    args: modules:
    let
      known = files: module: isPath module && elem module files;
      level =
        found: module:
        if known found.files module then
          found
        else
          {
            files = found.files ++ lib.optional (isPath module) module;
            modules = found.modules ++ [ (normalise (call args module)) ];
          };
      below =
        files: named:
        let
          found = foldl' level {
            inherit files;
            modules = [ ];
          } named;
        in
        if named == [ ] then
          [ ]
        else
          found.modules ++ below found.files (concatMap (module: module.imports) found.modules);
    in
    reversed (below [ ] modules);

  declared =
    loc: trees:
    let
      options = filter (isA "option") trees;
    in
    if options == [ ] then
      zip trees (union (concatMap attrNames trees)) (name: declared (loc ++ [ name ]))
    else if length trees > 1 then
      throw "The option `${show loc}' is declared more than once."
    else
      head options // { inherit loc; };

  defined =
    loc: options: definitions:
    let
      sets = concatMap pushDown definitions;
      unknown = filter (name: !hasAttr name options) (concatMap attrNames sets);
    in
    if unknown != [ ] then
      throw "The option `${show (loc ++ [ (head unknown) ])}' does not exist."
    else
      mapAttrs (
        name: option:
        (if isA "option" option then valueOf else defined) (loc ++ [ name ]) option (column name sets)
      ) options;

  valueOf =
    loc: option: definitions:
    let
      default = if option ? default then [ (lib.mkOverride 1500 option.default) ] else [ ];
      missing = throw "The option `${show loc}' was accessed but has no value defined.";
    in
    if option.readOnly or false && length definitions > 1 then
      throw "The option `${show loc}' is read-only, but it is set more than once."
    else
      (option.apply or (value: value)) (
        merged option.type loc missing (definitions ++ default)
      );

  # Types.

  equal =
    loc: values:
    if all (value: value == head values) values then
      head values
    else
      throw "The option `${show loc}' has conflicting definition values.";

  scalar = description: check: {
    inherit description check;
    class = "noun";
    merge = equal;
    getSubOptions = _: { };
  };

  # A type's description inside of that of another: in brackets, where it could be misread.
  phrase =
    classes: type: if elem type.class classes then type.description else "(${type.description})";

  unspecified =
    let
      merge =
        loc: values:
        if length values == 1 then
          head values
        else if all isList values then
          concatLists values
        else if all isAttrs values then
          foldl' (left: right: left // right) { } values
        else
          equal loc values;
    in
    {
      inherit merge;
      description = "unspecified value";
      class = "noun";
      check = _: true;
      getSubOptions = _: { };
    };

  isStorePath = value: match "/nix/store/[^/]+" (toString value) != null;

  types = {
    inherit unspecified;
    bool = scalar "boolean" isBool;
    int = scalar "signed integer" isInt;
    ints.positive = scalar "positive integer, meaning >0" (value: isInt value && value > 0) // {
      class = "clause";
    };
    str = scalar "string" isString;
    path = scalar "absolute path" (
      value: isPath value || isString value && substring 0 1 value == "/"
    );
    package = scalar "package" (value: lib.isDerivation value || isStorePath value);
    enum =
      values:
      scalar "one of ${lib.concatMapStringsSep ", " toJSON values}" (value: elem value values)
      // {
        class = "conjunction";
      };
    strMatching =
      pattern:
      scalar "string matching the pattern ${pattern}" (
        value: isString value && match pattern value != null
      );

    attrs = unspecified // {
      description = "attribute set";
      check = isAttrs;
    };

    nullOr = type: {
      description = "null or ${phrase [ "noun" "conjunction" ] type}";
      class = "conjunction";
      inherit (type) getSubOptions;
      check = value: value == null || type.check value;
      merge =
        loc: values:
        if all (value: value == null) values then
          null
        else if elem null values then
          equal loc values
        else
          type.merge loc values;
    };

    listOf = type: {
      description = "list of ${phrase [ "noun" "composite" ] type}";
      class = "composite";
      getSubOptions = prefix: type.getSubOptions (prefix ++ [ "*" ]);
      check = isList;
      merge =
        loc: values:
        let
          items = concatLists values;
          item =
            number:
            merged type (loc ++ [ "[entry ${toString (number + 1)}]" ]) null [ (elemAt items number) ];
        in
        filter (value: value != null) (genList item (length items));
    };

    attrsOf = type: {
      description = "attribute set of ${phrase [ "noun" "composite" ] type}";
      class = "composite";
      getSubOptions = prefix: type.getSubOptions (prefix ++ [ "<name>" ]);
      check = isAttrs;
      merge =
        loc: values:
        let
          sets = concatMap pushDown values;
          used =
            name: concatMap discharge (column name sets) != [ ];
        in
        zip sets (filter used (union (concatMap attrNames sets))) (
          name: merged type (loc ++ [ name ]) null
        );
    };

    coercedTo = from: coerce: to: {
      description = "${phrase [ "noun" ] to} or ${phrase [ "noun" ] from} convertible to it";
      class = "clause";
      inherit (to) getSubOptions;
      check = value: to.check value || from.check value && to.check (coerce value);
      merge =
        loc: values:
        to.merge loc (map (value: if from.check value then coerce value else value) values);
    };

    submodule =
      modules:
      let
        evaluated =
          loc: definitions:
          lib.evalModules {
            modules = (if isList modules then modules else [ modules ]) ++ definitions;
            specialArgs.name = elemAt loc (length loc - 1);
            prefix = loc;
          };
        definition = value: if isFunction value then value else { config = value; };
      in
      {
        description = "submodule";
        class = "clause";
        check = value: isAttrs value || isFunction value;
        merge = loc: values: (evaluated loc (map definition values)).config;
        getSubOptions = prefix: (evaluated prefix [ ]).options;
      };
  };

  lib = {
    inherit
      any
      attrNames
      attrValues
      concatLists
      concatMap
      concatStringsSep
      elem
      filter
      foldl'
      head
      length
      mapAttrs
      types
      ;

    evalModules =
      {
        modules,
        specialArgs ? { },
        prefix ? [ ],
      }:
      let
        args = specialArgs // {
          inherit lib config options;
        };
        found = collect args modules;
        options = declared prefix (map (module: module.options) found);
        config = defined prefix options (map (module: module.config) found);
      in
      {
        inherit config options;
      };

    mkOption = option: option // { _type = "option"; };

    mkEnableOption =
      name:
      lib.mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = "Whether to enable ${name}.";
      };

    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };

    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };

    mkOverride = priority: content: {
      _type = "override";
      inherit priority content;
    };

    mkDefault = lib.mkOverride 1000;
    mkForce = lib.mkOverride 50;

    literalExpression = text: { inherit text; };

    isDerivation = isA "derivation";
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    removePrefix =
      prefix: text:
      if lib.hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
    removeSuffix =
      suffix: text:
      let
        rest = stringLength text - stringLength suffix;
      in
      if rest >= 0 && substring rest (-1) text == suffix then substring 0 rest text else text;
    splitString = separator: text: filter isString (builtins.split separator text);
    last = list: elemAt list (length list - 1);
    unique = union;
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    optionalString = condition: text: if condition then text else "";
    subtractLists = without: filter (item: !elem item without);
    concatMapStrings = f: list: concatStringsSep "" (map f list);
    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    genAttrs =
      names: f:
      listToAttrs (
        map (name: {
          inherit name;
          value = f name;
        }) names
      );
    filterAttrs =
      keep: set:
      removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  };
in
lib
