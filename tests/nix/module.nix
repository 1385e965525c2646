{ lib, extra }:

let
  pkgs = {
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

  machine = {
    fileSystems."/" = {
      device = "rpool/root";
      fsType = "zfs";
    };
    fileSystems."/persist" = {
      device = "rpool/persist";
      fsType = "zfs";
      neededForBoot = true;
    };
    users.users.alice = {
      uid = 1000;
      group = "users";
      home = "/home/alice";
      homeMode = "0700";
    };
    users.groups.users.gid = 100;
    petrichor = {
      enable = true;
      package = "/nix/store/00000000000000000000000000000000-petrichor";
      machineId = "0123456789abcdef0123456789abcdef";
      presets = [ "nixos" ];
      volumes."/" = {
        backend = "zfs";
        dataset = "rpool/root";
      };
      persistence."/persist/root" = {
        directories = [
          "/var/lib/colord"
          {
            directory = "/srv";
            mode = "u=rwx,g=rx,o=";
          }
        ];
        users.alice.directories = [ "Documents" ];
      };
    };
  };

  inherit
    (lib.evalModules {
      specialArgs = { inherit pkgs; };
      modules = [
        ./machine.nix
        ../../nix/module.nix
        machine
        extra
      ];
    })
    config
    ;
in
{
  inherit (config.petrichor) declaration;
  inherit (config.petrichor.bootPath) text env;
  failed = map (item: item.message) (builtins.filter (item: !item.assertion) config.assertions);
  k = config.boot.kernelParams;
}
