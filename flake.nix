{
  description = "A machine that is new at every boot";

  outputs = _: {
    lib = import ./nix/lib.nix;
    nixosModules.default = ./nix/module.nix;
  };
}
