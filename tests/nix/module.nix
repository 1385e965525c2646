{ lib, extra }:

let
  pkgs = { coreutils="/nix/store/coreutils"; util-linux="/nix/store/util-linux"; btrfs-progs="/nix/store/btrfs"; 
    runCommand = name: env: text: { type="derivation"; outPath="/nix/store/${name}"; initrd="/nix/store/i"; system="/nix/store/s"; inherit env text; }; };
  r = lib.evalModules { specialArgs = { inherit pkgs; }; modules = [ ./machine.nix ../../nix/module.nix {
    fileSystems."/" = { device="rpool/root"; fsType="zfs"; };
    fileSystems."/persist" = { device="rpool/persist"; fsType="zfs"; neededForBoot=true; };
    users.users.alice = { uid=1000; group="users"; home="/home/alice"; homeMode="0700"; };
    users.groups.users.gid=100;
    petrichor = { enable=true; package="/nix/store/00000000000000000000000000000000-petrichor"; machineId="0123456789abcdef0123456789abcdef";
      presets=["nixos"];
      volumes."/" = { backend="zfs"; dataset="rpool/root"; };
      persistence."/persist/root" = { directories = [ "/var/lib/colord" { directory="/srv"; mode="u=rwx,g=rx,o="; } ]; users.alice.directories=[ "Documents" ]; }; };
  } extra ]; };
in { inherit (r.config.petrichor) declaration; failed = map (a: a.message) (builtins.filter (a: !a.assertion) r.config.assertions); inherit (r.config.petrichor.bootPath) text env; k = r.config.boot.kernelParams; }
