# Options of what runs beside: sops-nix, agenix, userborn and systemd-sysusers.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  option = type: default: mkOption { inherit type default; };
  paths = option (types.listOf types.str) [ ];
  flag = option types.bool false;
in
{
  options = {
    sops.age.sshKeyPaths = paths;
    sops.age.keyFile = option (types.nullOr types.str) null;
    sops.gnupg.sshKeyPaths = paths;
    age.identityPaths = paths;
    services.userborn.enable = flag;
    services.userborn.passwordFilesLocation = option types.str "/etc";
    systemd.sysusers.enable = flag;
    users.mutableUsers = option types.bool false;
  };
}
