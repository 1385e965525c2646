"""The rules as gathered from a declaration, mounts and accounts; the slow answers wait."""

import os
from pathlib import Path
from pathlib import PurePosixPath as P

from petrichor.act.knowing import gather_rules
from petrichor.loss.classify import Classifier
from petrichor.loss.rules import Kept, Rules
from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import Declaration, Home, KeptPath, Kind, Phase, TmpfsVolume
from petrichor.model.loss import Batch, Change, Entry, Fate
from petrichor.system.mounts import parse_mountinfo
from tests.unit.system.fakes import FakeRunner

MOUNTS = parse_mountinfo(
    b"1 0 0:1 / / rw - tmpfs a rw\n"
    b"2 1 0:2 / /home rw - tmpfs b rw\n"
    b"3 2 0:3 /s /home/alice/.ssh rw - ext4 c rw\n"
    b"4 1 0:4 / /usr rw - ext4 d rw\n"
    b"5 4 0:5 / /usr/x rw - ext4 d rw\n"
)
VOLUMES = tuple(TmpfsVolume(mountpoint=P(path), phase=Phase.SYSTEM) for path in ("/", "/home"))
SSH = KeptPath(
    path=P("/home/alice/.ssh"),
    store=P("/persist/root"),
    kind=Kind.DIRECTORY,
    key="key",
    account="alice",
    home=P("/home/alice"),
    preset="openssh",
)
ALICE = Home(user="alice", path=P("/home/alice"), mode=0o700, key="homes.alice")
ACCOUNTS = Accounts(
    users={
        name: Account(name=name, uid=uid, gid=uid, home=P(home))
        for name, uid, home in [("bob", 1001, "/srv/bob"), ("www-data", 33, "/var/www")]
    }
)


def gathered(root: Path) -> Rules:
    declaration = Declaration(volumes=VOLUMES, kept=(SSH,), homes=(ALICE,), ignore=("*.o",))
    return gather_rules(declaration, ACCOUNTS, FakeRunner({}), mounts=MOUNTS, root=root)


def test_what_is_mounted_on_a_volume_itself(tmp_path: Path) -> None:
    assert gathered(tmp_path).mounts == {
        b"/": frozenset([b"/home", b"/usr"]),
        b"/home": frozenset([b"/home/alice/.ssh"]),
    }


def test_the_declaration(tmp_path: Path) -> None:
    rules = gathered(tmp_path)
    assert rules.kept == (Kept(b"/home/alice/.ssh", b"/persist/root", "key"),)
    assert rules.ignore == ("*.o",)
    assert {b"/home/alice", b"/home", b"/usr"} <= {made.path for made in rules.made}


def test_programs_in_the_homes_of_people(tmp_path: Path) -> None:
    owned = {claim.path: claim for claim in gathered(tmp_path).owned}
    assert owned[b"/home/alice/.ssh"].kind == owned[b"/srv/bob/.ssh"].kind == "secret"
    assert b"/var/www/.ssh" not in owned
    assert owned[b"/etc/ssh/ssh_host_ed25519_key"].owner == "OpenSSH"


def test_the_system_names_itself(tmp_path: Path) -> None:
    """NixOS and Debian claim the same paths: the one that runs is named."""
    for expected in ("Debian", "NixOS"):
        classifier = Classifier(gathered(tmp_path), b"/")
        batch = Batch(b"/var/lib/systemd", [Entry(b"x", Change.ADDED, 0o100644, 0, 0, 0)])
        assert classifier.judge(batch)[0].judgement.owner == expected
        (tmp_path / "etc").mkdir(exist_ok=True)
        (tmp_path / "etc/NIXOS").touch()


def test_the_machine_below_another_root(tmp_path: Path) -> None:
    (tmp_path / "etc/tmpfiles.d").mkdir(parents=True)
    (tmp_path / "etc/tmpfiles.d/x.conf").write_text("d /var/spool/x\n")
    (tmp_path / "etc/fstab").write_text(
        "# /no\nLABEL=x /mnt/a\\040b ext4 defaults 0 0\nswap none\n"
    )
    (tmp_path / "etc/link").symlink_to("/nix/store/x")
    os.mkfifo(tmp_path / "etc/fifo")
    source = gathered(tmp_path).source
    assert [made.path for made in source.made()] == [b"/var/spool/x", b"/mnt/a b"]
    assert source.target(b"/etc/link") == b"/nix/store/x"
    assert source.target(b"/etc/fstab") is None
    assert source.content(b"/etc/tmpfiles.d/x.conf") == b"d /var/spool/x\n"
    assert source.content(b"/etc/link") is None and source.content(b"/no") is None
    assert not source.content(b"/etc/fifo")
    assert source.units() == ([], []) and source.packages() is None


def test_the_whole(tmp_path: Path) -> None:
    classifier = Classifier(gathered(tmp_path), b"/home")
    entries = [
        Entry(name, Change.ADDED, mode, 0, 0, 0)
        for name, mode in [(b".ssh", 0o040700), (b"x.o", 0o100644), (b"note", 0o100644)]
    ]
    shares = classifier.judge(Batch(b"/home/alice", entries))
    assert {share.judgement.fate for share in shares} == {Fate.KEPT, Fate.IGNORED, Fate.LOST}
