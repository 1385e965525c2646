{
  imports = [
    ../home-manager.nix
    ../../../nix/impermanence.nix
    ./impermanence-readme.machine.nix
  ];

  environment.persistence.main = {
    enable = true;
    persistentStoragePath = "/persistent/main";
    hideMounts = true;
    allowTrash = true;
    enableDebugging = true;
    enableWarnings = true;
    directories = [
      {
        directory = "/srv/a";
        persistentStoragePath = "/persistent/other";
        user = "bird";
        group = "users";
        mode = "0700";
        hideMount = false;
        allowTrash = false;
        enableDebugging = true;
      }
    ];
    files = [
      {
        file = "/etc/adjtime";
        method = "symlink";
        parentDirectory = {
          user = "root";
          group = "root";
          mode = "u=rwx,g=rx,o=rx";
        };
      }
      "/etc/nix/id_rsa"
    ];
  };
  environment.persistence."/persistent/silent" = {
    enableWarnings = false;
    files = [ "/etc/silent" ];
  };
  environment.persistence."/persistent/off" = {
    enable = false;
    directories = [ "/opt" ];
  };
  home-manager.users.bird.home.persistence."/persistent/main" = {
    hideMounts = true;
    directories = [ "Music" ];
    files = [ ".screenrc" ];
  };
}
