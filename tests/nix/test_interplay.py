"""What docs/nixos-interplay.md says of others: it is warned of, refused, or in the right order."""

from typing import Any

import pytest

from tests.nix.nix import REPO, evaluate

GOLDEN = REPO / "tests/nix/examples/golden"

FORGETFUL = "petrichor.presets = mkForce [ ];"
KEEP_LIB = 'petrichor.persistence."/persist/root".directories = [ "/var/lib" ];'

WARNED: list[tuple[str, str, list[str]]] = [
    # example machine, what is set, how the warnings begin
    ("zfs-root", "", []),
    ("zfs-root", FORGETFUL, ["/var/lib/nixos is forgotten"]),
    (
        "zfs-root",
        f"{FORGETFUL} {KEEP_LIB}",
        [],
    ),
    (
        "zfs-root",
        'petrichor.presets = mkForce [ ]; fileSystems."/var/lib/nixos" = { device = "x"; };',
        [],
    ),
    ("zfs-root", "services.userborn.enable = true;", ["/etc is forgotten"]),
    (
        "zfs-root",
        'services.userborn = { enable = true; passwordFilesLocation = "/var/lib/nixos"; };',
        [],
    ),
    ("zfs-root", "petrichor.presets = mkForce [ ]; systemd.sysusers.enable = true;", []),
    ("zfs-root", 'sops.age.sshKeyPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];', []),
    ("zfs-home-in-system", 'sops.age.keyFile = "/home/alice/key";', ["/home/alice/key is asked"]),
    ("zfs-home-in-system", 'sops.gnupg.sshKeyPaths = [ "/home/k" ];', ["/home/k is asked"]),
    ("zfs-home-in-system", 'age.identityPaths = [ "/home/k" "/etc/k" ];', ["/home/k is asked"]),
    ("zfs-home-in-system", 'sops.age.keyFile = "/persist/root/home/alice/key";', []),
    (
        "zfs-home-in-system",
        'petrichor.volumes."/home".phase = mkForce "initrd"; age.identityPaths = [ "/home/k" ];',
        [],
    ),
]

LOCKED_OUT: list[tuple[str, bool]] = [
    ("", False),
    ("users.mutableUsers = true;", True),
    ('users.mutableUsers = true; users.users.root.hashedPasswordFile = "/persist/x";', False),
    ('users.mutableUsers = true; users.users.root.openssh.authorizedKeys.keys = [ "k" ];', False),
    (
        'users.mutableUsers = true; fileSystems."/etc" = { device = "x"; };',
        False,
    ),
]

ORDERS: list[tuple[str, str, str, str]] = [
    # example machine, unit, setting, word
    ("btrfs-luks", "initrd/petrichor-reset@-", "After", "dev-mapper-crypt.device"),
    ("btrfs-luks", "initrd/petrichor-reset@-", "After", "systemd-hibernate-resume.service"),
    ("zfs-root", "initrd/petrichor-reset@-", "After", "systemd-hibernate-resume.service"),
    ("zfs-root", "initrd/petrichor-reset@-", "After", "zfs-import-rpool.service"),
    ("zfs-root", "initrd/petrichor-reset@-", "After", "zfs-load-key-rpool.service"),
    ("zfs-root", "initrd/petrichor-reset@-", "Before", "sysroot.mount"),
    ("zfs-root", "initrd/petrichor-keep-initrd", "Before", "initrd-fs.target"),
    ("zfs-home-in-system", "system/petrichor-keep", "Before", "local-fs.target"),
    ("zfs-root", "system/petrichor-apply", "Before", "sysinit-reactivation.target"),
    ("zfs-root", "system/petrichor-apply", "After", "userborn.service"),
    ("zfs-root", "system/petrichor-apply", "After", "systemd-sysusers.service"),
]


def machine(lib: str, name: str, extra: str) -> dict[str, Any]:
    found: dict[str, Any] = evaluate(f"""
      let lib = {lib}; inherit (lib) mkForce; in
      removeAttrs (import ./tests/nix/module.nix {{
        inherit lib;
        machine.imports = [
          ./tests/nix/beside.nix
          ./tests/nix/examples/{name}.nix
          {{ {extra} }}
        ];
      }}) [ "text" "env" "owners" ]
    """)
    return found


@pytest.mark.parametrize(("name", "extra", "begins"), WARNED)
def test_what_is_warned_of(lib: str, name: str, extra: str, begins: list[str]) -> None:
    found = machine(lib, name, extra)["warnings"]
    assert len(found) == len(begins), found
    assert all(text.startswith(start) for text, start in zip(found, begins, strict=True)), found


@pytest.mark.parametrize(("extra", "refused"), LOCKED_OUT)
def test_nobody_is_locked_out(lib: str, extra: str, refused: bool) -> None:
    failed = machine(lib, "zfs-root", extra)["failed"]
    assert [text.startswith("No user has a password") for text in failed] == [True] * refused


@pytest.mark.parametrize(("name", "unit", "setting", "word"), ORDERS)
def test_the_order_of_a_boot(name: str, unit: str, setting: str, word: str) -> None:
    part, _, service = unit.partition("/")
    files = (GOLDEN / f"{name}.tree").read_text("utf-8").split("\n==> ")
    (text,) = (t for t in files if t.startswith(f"{part}/lib/systemd/system/{service}.service\n"))
    lines = [line for line in text.splitlines() if line.startswith(f"{setting}=")]
    assert word in " ".join(lines).removeprefix(f"{setting}=").split()


def test_nothing_commits_a_machine_id_that_is_a_copy(lib: str) -> None:
    found = machine(lib, "zfs-root", "")["suppressed"]
    assert found == ["systemd-machine-id-commit.service"]
