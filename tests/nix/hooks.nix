# Options of NixOS that configurations set which empty their root themselves.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  text = mkOption {
    type = types.str;
    default = "";
  };
  set = mkOption {
    type = types.attrsOf types.unspecified;
    default = { };
  };
in
{
  options = {
    boot.initrd.luks.devices = set;
    boot.initrd.postDeviceCommands = text;
    boot.initrd.postResumeCommands = text;
    boot.initrd.systemd.services = set;
    systemd.services = set;
  };
}
