{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.petrichor;
  inherit (config) fileSystems;
  inherit (config.users) users groups;

  make = import ./declaration.nix { inherit lib users groups; };
  assertions = import ./assertions.nix { inherit lib make; };

  settings =
    if cfg.settingsFile == null then { } else builtins.fromJSON (builtins.readFile cfg.settingsFile);

  backends = lib.mapAttrsToList (_: volume: volume.backend) cfg.volumes;
  has = backend: builtins.elem backend backends;

  coreutils = lib.genAttrs [
    "cp"
    "date"
    "mkdir"
    "mv"
    "rm"
    "test"
  ] (name: "${pkgs.coreutils}/bin/${name}");

  initrdTools =
    coreutils
    // lib.genAttrs [
      "mount"
      "umount"
    ] (name: "${pkgs.util-linux}/bin/${name}")
    // lib.genAttrs [
      "systemctl"
      "systemd-tmpfiles"
    ] (name: "${config.systemd.package}/bin/${name}")
    // lib.optionalAttrs (has "zfs") { zfs = "${config.boot.zfs.package}/bin/zfs"; }
    // lib.optionalAttrs (has "btrfs") { btrfs = "${pkgs.btrfs-progs}/bin/btrfs"; };

  tools = initrdTools // {
    petrichor = "${cfg.package}/bin/petrichor";
  };

  bootPath =
    pkgs.runCommand "petrichor-boot-path"
      {
        nativeBuildInputs = [ cfg.package ];
        outputs = [
          "out"
          "initrd"
          "system"
        ];
        declaration = builtins.toJSON cfg.declaration;
        inherit (make) passwd group;
        passAsFile = [
          "declaration"
          "passwd"
          "group"
        ];
      }
      ''
        mkdir -p accounts/etc
        cp "$passwdPath" accounts/etc/passwd
        cp "$groupPath" accounts/etc/group
        cp "$declarationPath" declaration.json
        petrichor --root accounts --config declaration.json render --target nixos --output tree \
          --files "$system/share/petrichor" --initrd-files "$initrd/share/petrichor" ${
            lib.concatStringsSep " " (lib.mapAttrsToList (name: path: "--tool ${name}=${path}") tools)
          }
        mkdir -p tree/initrd tree/system
        cp -r tree/initrd "$initrd"
        cp -r tree/system "$system"
        mkdir -p "$out"
        cp tree/kernel-cmdline declaration.json "$out"
      '';
in
{
  imports = [ ./options.nix ];

  config = lib.mkIf cfg.enable {
    petrichor = {
      volumes = make.tmpfs fileSystems;
      persistence = settings.persistence or { };
      loss.ignore = settings.loss.ignore or [ ];
      declaration = make.declaration cfg fileSystems;
      inherit bootPath;
    };

    assertions = assertions config settings;

    warnings = import ./warnings.nix { inherit lib make; } config;

    environment.systemPackages = [ cfg.package ];

    systemd.packages = [ bootPath.system ];

    systemd.tmpfiles.settings.petrichor = make.owners cfg;

    systemd.suppressedSystemUnits = [ "systemd-machine-id-commit.service" ];

    boot.initrd.systemd = {
      packages = [ bootPath.initrd ];
      storePaths = [ bootPath.initrd ] ++ lib.attrValues initrdTools;
    };

    boot.kernelParams = lib.optional (cfg.machineId != null) "systemd.machine_id=${cfg.machineId}";

    environment.etc."petrichor/petrichor.json".source = "${bootPath}/declaration.json";
  };
}
