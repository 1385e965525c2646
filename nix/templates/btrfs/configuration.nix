# A small machine, and what it forgets. REPLACE-ME marks what is different on each.
{
  networking.hostName = "machine";
  system.stateVersion = "26.05";
  nix.settings.experimental-features = [
    "nix-command"
    "flakes"
  ];

  boot.loader.systemd-boot.enable = true;
  boot.loader.efi.canTouchEfiVariables = true;
  # Resets are units of the initrd, so systemd must run there.
  boot.initrd.systemd.enable = true;

  # What the initrd must mount: the store before what is kept in it, and the other volume.
  fileSystems."/persist".neededForBoot = true;
  fileSystems."/home".neededForBoot = true;

  petrichor = {
    enable = true;
    machineId = "REPLACE-ME: systemd-id128 new";
    volumes."/" = {
      backend = "btrfs";
      device = "/dev/mapper/crypt";
      subvolume = "root";
    };
    volumes."/home" = {
      backend = "btrfs";
      device = "/dev/mapper/crypt";
      subvolume = "home";
      phase = "initrd";
    };
    persistence."/persist/root" = {
      presets = [ "nixos" ];
      directories = [ "/etc/nixos" ];
      users.alice.directories = [
        "Documents"
        {
          directory = ".ssh";
          mode = "0700";
        }
      ];
    };
  };

  # /etc/shadow is made anew at every boot, from hashes that `mkpasswd` writes.
  users.mutableUsers = false;
  users.users.root.hashedPasswordFile = "/persist/secrets/root.hash";
  users.users.alice = {
    isNormalUser = true;
    # Numbers, for the initrd makes the home and knows no names.
    uid = 1000;
    group = "alice";
    extraGroups = [ "wheel" ];
    hashedPasswordFile = "/persist/secrets/alice.hash";
  };
  users.groups.alice.gid = 1000;

  # The host's keys lie where they survive, so nothing has to bring them back.
  services.openssh = {
    enable = true;
    hostKeys = [
      {
        type = "ed25519";
        path = "/persist/secrets/ssh_host_ed25519_key";
      }
    ];
  };
}
