# What `nix flake check` builds: the command, and the boot paths of the example machines.
{
  nixpkgs,
  pkgs,
  self,
}:

let
  inherit (nixpkgs) lib;

  boots = [
    "btrfs-luks"
    "impermanence-readme"
    "preservation-readme"
    "zfs-root"
  ];

  machine =
    name:
    (lib.nixosSystem {
      modules = [
        self.nixosModules.default
        (../tests/nix/examples + "/${name}.nix")
        {
          nixpkgs.hostPlatform = pkgs.stdenv.hostPlatform.system;
          boot.initrd.systemd.enable = true;
          boot.loader.grub.enable = false;
          networking.hostId = "0123abcd";
          system.stateVersion = lib.trivial.release;
        }
      ];
    }).config;
in
{
  package = pkgs.callPackage ./package.nix { };
}
// lib.genAttrs boots (name: (machine name).petrichor.bootPath)
