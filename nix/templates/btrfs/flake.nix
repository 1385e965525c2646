{
  description = "A NixOS on Btrfs and LUKS that forgets";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    disko.url = "github:nix-community/disko";
    disko.inputs.nixpkgs.follows = "nixpkgs";
    # REPLACE-ME: where this template came from.
    petrichor.url = "git+https://example.org/petrichor";
    petrichor.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      disko,
      petrichor,
      ...
    }:
    {
      nixosConfigurations.machine = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          disko.nixosModules.disko
          petrichor.nixosModules.default
          ./configuration.nix
          ./disko.nix
        ];
      };
    };
}
