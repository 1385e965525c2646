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
    };
}
