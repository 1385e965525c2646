# What NixOS gets of a machine without Petrichor, in which impermanence or preservation is used.
{ lib, machine }:

let
  ownOptions =
    { config, ... }:
    {
      options = {
        environment.persistence = (import ../../nix/impermanence-options.nix { inherit lib; }).system;
        preservation = import ../../nix/preservation-options.nix { inherit lib config; };
      };
    };

  inherit
    (lib.evalModules {
      modules = [
        ./machine.nix
        ownOptions
        machine
      ];
    })
    config
    ;
in
{
  inherit (config) boot fileSystems preservation;
  inherit (config.environment) etc persistence;
  inherit (config.systemd) services tmpfiles;
}
