# docs/nixos-options.md: every option that the module declares, as the module describes it.
{ lib }:

let
  inherit
    (lib.evalModules {
      modules = [ ./options.nix ];
      specialArgs.pkgs = { };
    })
    options
    ;

  plain = "[a-zA-Z_][a-zA-Z0-9_'-]*|<name>|[*]";

  name = step: if builtins.match plain step != null then step else builtins.toJSON step;

  dotted = lib.concatMapStringsSep "." name;

  nixOf =
    value:
    if builtins.isList value then
      "[ ${lib.concatMapStrings (item: "${nixOf item} ") value}]"
    else if builtins.isAttrs value then
      "{ ${
        lib.concatMapStrings (line: "${line} ") (
          lib.mapAttrsToList (key: item: "${name key} = ${nixOf item};") value
        )
      }}"
    else
      builtins.toJSON value;

  said = value: if value ? text then value.text else nixOf value;

  line =
    key: option: from:
    let
      found = builtins.filter (name: option ? ${name}) from;
    in
    lib.optionalString (found != [ ]) "- ${key}: `${said option.${builtins.head found}}`\n";

  section = option: ''
    ## `${dotted option.loc}`

    ${lib.removeSuffix "\n" option.description}

    - type: ${option.type.description}
    ${line "default" option [
      "defaultText"
      "default"
    ]}${line "example" option [ "example" ]}'';

  isOption = set: set._type or null == "option";

  sections =
    set:
    if !isOption set then
      lib.concatMap sections (lib.attrValues (removeAttrs set [ "_module" ]))
    else if set.internal or false then
      [ ]
    else
      [ (section set) ] ++ sections (set.type.getSubOptions set.loc);
in
''
  # Options of the NixOS module

  Written by `scripts/write-options` from `nix/options.nix`. `<name>` is a name of yours: a mount
  point, a store, a user; `*` is each entry of a list.

  ${lib.concatStringsSep "\n" (sections options)}''
