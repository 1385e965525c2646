"""The module: what it hands on, and what it refuses, with the option's name."""

import pytest

from tests.nix.nix import evaluate, refusal

MISTAKES: list[tuple[str, str]] = [
    # unknown options
    ("petrichor.volume = { };", "petrichor.volume"),
    ('petrichor.volumes."/".datset = "x";', "petrichor.volumes./.datset"),
    ("petrichor.loss.ignored = [ ];", "petrichor.loss.ignored"),
    ('petrichor.persistence."/p".dirs = [ ];', "petrichor.persistence./p.dirs"),
    ('petrichor.persistence."/p".users.u.paths = [ ];', "petrichor.persistence./p.users.u.paths"),
    ('petrichor.volumes."/".retired.hours = 1;', "petrichor.volumes./.retired.hours"),
    ('environment.persistence."/p".method = "x";', "environment.persistence./p.method"),
    ('environment.persistence."/p".users.u.home = "/";', "environment.persistence./p.users.u.home"),
    ('preservation.preserveAt."/p".dirs = [ ];', "preservation.preserveAt./p.dirs"),
    ("preservation.preserve = { };", "preservation.preserve"),
    # wrong types
    ('petrichor.enable = "yes";', "petrichor.enable"),
    ('petrichor.onFailure = "panic";', "petrichor.onFailure"),
    ('petrichor.machineId = "XYZ";', "petrichor.machineId"),
    ('petrichor.volumes."/".backend = "ext4";', "petrichor.volumes./.backend"),
    ('petrichor.volumes."/".retired.keep = 0;', "petrichor.volumes./.retired.keep"),
    ('petrichor.volumes."/".dataset = "a\\nb";', "petrichor.volumes./.dataset"),
    ('petrichor.persistence."/p".directories = "/x";', "petrichor.persistence./p.directories"),
    ('petrichor.persistence."/p".directories = [ 7 ];', "petrichor.persistence./p.directories"),
    (
        'petrichor.persistence."/p".directories = [ { directory = "/x"; mode = "rwx"; } ];',
        "mode",
    ),
    (
        'environment.persistence."/p" = { hideMounts = 1; directories = [ "/x" ]; };',
        "environment.persistence./p.hideMounts",
    ),
    (
        'environment.persistence."/p".files = [ { file = "/x"; method = "bind"; } ];',
        "method",
    ),
    ('preservation.preserveAt."/p".files = [ { file = "/x"; how = "copy"; } ];', "how"),
]

FAILED: list[tuple[str, str]] = [
    ("boot.initrd.systemd.enable = mkForce false;", "boot.initrd.systemd.enable must be true"),
    ("petrichor.volumes = mkForce { };", "petrichor.volumes is empty"),
    (
        'petrichor.volumes."/srv" = { backend = "zfs"; dataset = "rpool/srv"; };',
        'petrichor.volumes."/srv": there is no fileSystems."/srv"',
    ),
    (
        'fileSystems."/persist".neededForBoot = mkForce false;',
        'fileSystems."/persist".neededForBoot must be true',
    ),
    (
        'fileSystems."/var/log" = { device = "/persist/root/var/log"; options = [ "bind" ]; };',
        'fileSystems."/var/log" must go',
    ),
    ('fileSystems."/".device = mkForce "rpool/other";', 'fileSystems."/".device is not'),
    (
        'petrichor.persistence."/persist/more".directories = [ "/srv" ];',
        "petrichor.presets wants exactly one store",
    ),
]

SUBVOLUMES: list[tuple[str, bool]] = [
    ('"subvol=@/root"', True),
    ('"subvol=/@/root"', True),
    ('"subvol=/@/root/"', True),
    ('"subvol=//@//root"', True),
    ('"noatime" "subvol=@/root"', True),
    ('"noatime,subvol=/@/root,compress=zstd"', True),
    ('"subvol=other" "subvol=@/root"', True),
    ("", False),
    ('"noatime"', False),
    ('"subvol=root"', False),
    ('"subvol=@/root" "subvol=other"', False),
    ('"subvolid=256"', False),
    ('"subvol=@/root,subvolid=256"', False),
]


def call(lib: str, name: str, extra: str) -> str:
    return f"""
      let lib = {lib}; inherit (lib) mkForce; in
      import ./tests/nix/module.nix {{
        inherit lib;
        machine.imports = [
          ./tests/nix/examples/{name}.nix
          ./nix/impermanence.nix
          ./nix/preservation.nix
          {{ preservation.enable = true; {extra} }}
        ];
      }}
    """


@pytest.mark.parametrize(("extra", "name"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes_name_the_option(lib: str, extra: str, name: str) -> None:
    said = refusal(call(lib, "zfs-root", extra)).replace('"', "")
    assert "option" in said and name in said


@pytest.mark.parametrize(("extra", "message"), FAILED, ids=[case[0] for case in FAILED])
def test_what_cannot_boot_is_refused(lib: str, extra: str, message: str) -> None:
    failed = evaluate(f"({call(lib, 'zfs-root', extra)}).failed")
    assert [text for text in failed if text.startswith(message)], failed


@pytest.mark.parametrize(("options", "right"), SUBVOLUMES, ids=[case[0] for case in SUBVOLUMES])
def test_the_subvolume_is_the_one_that_is_mounted(lib: str, options: str, right: bool) -> None:
    extra = f'fileSystems."/".options = mkForce [ {options} ];'
    failed = evaluate(f"({call(lib, 'btrfs-luks', extra)}).failed")
    assert ["subvolid" in text for text in failed] == ([] if right else [True])


def test_accounts_have_the_numbers_that_are_known(lib: str) -> None:
    env = evaluate(f"({call(lib, 'owners-without-number', '')}).env")
    assert env["passwd"] == "alice:x:1000:100::/home/alice:/bin/sh\nroot:x:0:0::/root:/bin/sh\n"
    assert env["group"] == "root:x:0:\nusers:x:100:\n"


def test_the_command_learns_where_the_settings_lie(lib: str) -> None:
    """The path of the copy that Nix evaluates would be one in its store."""
    extra = 'petrichor.settingsPath = "/etc/nixos/petrichor.json";'
    found = evaluate(f"({call(lib, 'zfs-root', extra)}).declaration")
    assert found["settingsFile"] == "/etc/nixos/petrichor.json"
    assert "settingsFile" not in evaluate(f"({call(lib, 'zfs-root', '')}).declaration")
