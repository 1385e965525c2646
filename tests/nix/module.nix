# What NixOS would get of a machine: the modules' answers, with texts in the place of packages.
# `show` picks more of the configuration.
{
  lib,
  machine,
  show ? (_: { }),
}:

let
  pkgs = {
    callPackage = _: _: "/nix/store/00000000000000000000000000000000-petrichor";
    coreutils = "/nix/store/coreutils";
    util-linux = "/nix/store/util-linux";
    btrfs-progs = "/nix/store/btrfs";
    runCommand = name: env: text: {
      type = "derivation";
      outPath = "/nix/store/${name}";
      initrd = "/nix/store/i";
      system = "/nix/store/s";
      inherit env text;
    };
  };

  inherit
    (lib.evalModules {
      specialArgs = { inherit pkgs; };
      modules = [
        ./machine.nix
        ../../nix/module.nix
        machine
      ];
    })
    config
    ;
in
{
  inherit (config.petrichor) declaration;
  inherit (config.petrichor.bootPath) text env;
  inherit (config) warnings;
  owners = config.systemd.tmpfiles.settings.petrichor;
  inherit (config.boot) kernelParams;
  suppressed = config.systemd.suppressedSystemUnits;
  failed = map (item: item.message) (builtins.filter (item: !item.assertion) config.assertions);
}
// show config
