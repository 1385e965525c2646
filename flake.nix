{
  description = "A machine that is new at every boot";

  # Only packages and checks need it: `inputs.petrichor.inputs.nixpkgs.follows = ""` does without.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      forSystems =
        f:
        builtins.listToAttrs (
          map
            (system: {
              name = system;
              value = f nixpkgs.legacyPackages.${system};
            })
            [
              "x86_64-linux"
              "aarch64-linux"
            ]
        );
    in
    {
      lib = import ./nix/lib.nix;

      overlays.default = final: _: { petrichor = final.callPackage ./nix/package.nix { }; };

      packages = forSystems (pkgs: {
        default = pkgs.callPackage ./nix/package.nix { };
      });

      checks = forSystems (pkgs: import ./nix/checks.nix { inherit nixpkgs pkgs self; });

      nixosModules = {
        default = ./nix/module.nix;
        impermanence = ./nix/impermanence.nix;
        preservation = ./nix/preservation.nix;
      };

      templates = {
        zfs = {
          path = ./nix/templates/zfs;
          description = "A NixOS on ZFS that forgets root and home, with its disk layout";
          welcomeText = "Replace each REPLACE-ME; docs/tutorial-nixos-zfs.md goes on from there.";
        };
        btrfs = {
          path = ./nix/templates/btrfs;
          description = "The same on Btrfs and LUKS";
          welcomeText = "Replace each REPLACE-ME; docs/tutorial-nixos-btrfs.md goes on from there.";
        };
      };
    };
}
