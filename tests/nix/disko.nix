# A stand-in for disko: what it tells NixOS to mount, of the kinds of content that templates have.
{ config, lib, ... }:

let
  inherit (config.disko) devices;
  inherit (lib) mapAttrsToList;

  children = f: set: lib.concatLists (mapAttrsToList f set);

  entry = where: device: fsType: options: {
    ${where} = { inherit device fsType options; };
  };

  kinds = {
    gpt =
      device: content:
      children (name: part: mounts "/dev/disk/by-partlabel/disk-main-${name}" part.content) content.partitions;
    filesystem = device: content: [
      (entry content.mountpoint device content.format content.mountOptions)
    ];
    luks = _: content: mounts "/dev/mapper/${content.name}" content.content;
    btrfs =
      device: content:
      mapAttrsToList (
        name: set: entry set.mountpoint device "btrfs" (set.mountOptions ++ [ "subvol=${name}" ])
      ) content.subvolumes;
    zfs = _: _: [ ];
  };

  mounts = device: content: kinds.${content.type} device content;

  datasets =
    pool: set:
    mapAttrsToList (
      name: dataset: entry dataset.mountpoint "${pool}/${name}" "zfs" [ "defaults" ]
    ) set.datasets;
in
{
  options.disko.devices = lib.mkOption {
    type = lib.types.attrsOf lib.types.unspecified;
    default = { };
  };

  config.fileSystems = lib.mkMerge (
    children (_: disk: mounts disk.device disk.content) devices.disk
    ++ children datasets (devices.zpool or { })
  );
}
