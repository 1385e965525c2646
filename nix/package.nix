{
  lib,
  python3Packages,
  installShellFiles,
}:

python3Packages.buildPythonApplication {
  pname = "petrichor";
  version = "0.1.0";
  pyproject = true;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../LICENSE
      ../README.md
      ../docs/man
      ../pyproject.toml
      ../src
    ];
  };

  build-system = [ python3Packages.hatchling ];

  dependencies = with python3Packages; [
    click
    pydantic
    tomlkit
  ];

  nativeBuildInputs = [ installShellFiles ];

  postInstall = ''
    installManPage docs/man/*.[1-8]
    for shell in bash fish zsh; do
      _PETRICHOR_COMPLETE="''${shell}_source" "$out/bin/petrichor" > "petrichor.$shell"
      installShellCompletion --cmd petrichor "--$shell" "petrichor.$shell"
    done
  '';

  pythonImportsCheck = [ "petrichor" ];

  meta = {
    description = "Reset root and home at every boot, and keep what was declared";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "petrichor";
  };
}
