# Where a path lies, and when it is there.
{ lib, make }:

config:

let
  inherit (config) fileSystems;
  inherit (config.petrichor) volumes;

  # Mount points that NixOS mounts in the initrd without being told.
  early = [
    "/"
    "/nix"
    "/nix/store"
    "/var"
    "/var/log"
    "/var/lib"
    "/var/lib/nixos"
    "/etc"
    "/usr"
  ];

  isEarly =
    point: volume:
    volume.backend != "directory"
    && (if volume.phase == null then builtins.elem point early else volume.phase == "initrd");

  # The volume that carries a path, as a list of one or none.
  volumesOf =
    path:
    let
      point = make.carrier (fileSystems // volumes) path;
    in
    lib.optional (volumes ? ${point}) {
      inherit point;
      volume = volumes.${point};
    };

  isEarlyVolume = found: isEarly found.point found.volume;
in
{
  inherit isEarly;

  inInitrd = point: builtins.elem point early || fileSystems.${point}.neededForBoot;

  onVolume = path: volumesOf path != [ ];

  onEarlyVolume = path: builtins.any isEarlyVolume (volumesOf path);

  onLateVolume = path: builtins.any (found: !isEarlyVolume found) (volumesOf path);
}
