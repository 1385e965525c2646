# The template, with what its user fills in and what NixOS gives to a normal user.
{ lib, ... }:

{
  imports = [
    ../nixos.nix
    ../disko.nix
    ../../../nix/templates/btrfs/configuration.nix
    ../../../nix/templates/btrfs/disko.nix
  ];
  petrichor.machineId = lib.mkForce "0123456789abcdef0123456789abcdef";
  users.users.alice = {
    home = "/home/alice";
    homeMode = "0700";
  };
}
