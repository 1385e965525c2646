{
  imports = [ ./btrfs-root.nix ];

  petrichor.persistence."/persistent".directories = [
    "/srv/a b"
    "/srv/ü"
    "/srv/100%"
    "/srv/$HOME"
    "/srv/back\\slash"
    "/srv/quote\"s'"
    "/srv/new\nline"
    "//srv//slashes/"
    {
      directory = "/srv/caf%E9";
      encoding = "percent";
    }
  ];
}
