"""Declarations whose whole boot path is recorded in `golden/`."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from petrichor.config.load import load
from petrichor.model.accounts import Account, Accounts
from petrichor.plan.boot import BootFacts, BootPlan, boot_plan
from petrichor.plan.keep import KeepFacts

ACCOUNTS: Final = Accounts(
    users={
        "root": Account(name="root", uid=0, gid=0, home=PurePosixPath("/root")),
        "alice": Account(name="alice", uid=1000, gid=100, home=PurePosixPath("/home/alice")),
        "colord": Account(name="colord", uid=70, gid=71, home=PurePosixPath("/")),
    },
    groups={"root": 0, "users": 100, "colord": 71},
)


@dataclass(frozen=True, kw_only=True)
class Case:
    toml: str
    existing: tuple[str, ...] = ()
    properties: dict[str, dict[str, str]] = field(default_factory=dict)

    def plan(self) -> BootPlan:
        keep = KeepFacts(accounts=ACCOUNTS, existing=frozenset(map(PurePosixPath, self.existing)))
        declaration = load(self.toml.encode(), "petrichor.toml", ACCOUNTS)
        return boot_plan(declaration, BootFacts(keep=keep, properties=self.properties))


PERSIST = """
[filesystems."/persist"]
type = "zfs"
device = "rpool/persist"
"""

HOSTILE_VALUE: Final = 'one\n[Service]\nExecStart=/evil % $HOME \\ " end'

CASES: Final = {
    "zfs-retire": Case(
        toml="""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"

[volumes."/home"]
backend = "zfs"
dataset = "rpool/home"
"""
        + PERSIST
        + """
[persistence."/persist/root"]
directories = [
  "/var/log",
  "/var/lib/private/x",
  { directory = "/var/lib/colord", user = "colord", mode = "0750" },
  { directory = "/srv/caf\\u00e9 %n/a b", parentDirectory = { mode = "0711" } },
  { directory = "/srv/%FF%0Ax", encoding = "percent" },
]
files = ["/etc/machine-id", "/etc/adjtime", { file = "/etc/hostname", method = "bind" }]

[persistence."/persist/root".users.alice]
directories = ["Documents", ".ssh", { directory = ".config/deep/er", options = ["nosuid"] }]
files = [".bash_history"]
""",
        existing=("/persist/root/etc/adjtime",),
        properties={
            "rpool/root": {"quota": "10G", "x:y": HOSTILE_VALUE, "petrichor:settled": "on"}
        },
    ),
    "btrfs-rollback": Case(
        toml="""
[volumes."/"]
backend = "btrfs"
device = "LABEL=my disk"
subvolume = "@"
reset = "rollback"
options = ["compress=zstd"]

[volumes."/home"]
backend = "btrfs"
device = "LABEL=my disk"
subvolume = "@home"
reset = "rollback"

[filesystems."/persist"]
type = "btrfs"
device = "LABEL=my disk"
options = ["subvol=/@persist"]

[persistence."/persist"]
directories = ["/etc/ssh"]

[persistence."/persist".users.alice]
directories = ["Documents"]
"""
    ),
    "empty-root": Case(
        toml="""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"

[filesystems."/usr"]
type = "zfs"
device = "rpool/usr"
options = ["ro"]
"""
        + PERSIST
        + """
[persistence."/persist/root"]
directories = ["/etc", "/var", "/root"]
"""
    ),
    "directory-only": Case(
        toml="""
[volumes."/home"]
backend = "directory"
directory = "/var/petrichor/home"
reset = "rollback"

[volumes."/srv/a b%c"]
backend = "directory"
directory = "/var/petrichor/srv a"

[persistence."/var/petrichor/store".users.alice]
directories = ["Documents"]
homeMode = "0711"
"""
    ),
    "tmpfs-root": Case(
        toml="""
[volumes."/"]
backend = "tmpfs"
options = ["size=50%"]

[filesystems."/nix"]
type = "ext4"
device = "/dev/disk/by-label/nix"

[filesystems."/persist"]
type = "none"
device = "/nix/persist"
options = ["bind"]

[persistence."/persist"]
hideMounts = false
allowTrash = true
directories = ["/etc/nixos"]
files = [{ file = "/etc/passphrase", method = "symlink" }]
"""
    ),
    "emergency": Case(
        toml="""
onFailure = "emergency"
machineId = "0123456789abcdef0123456789abcdef"

[volumes."/"]
backend = "zfs"
dataset = "rpool/root"

[volumes."/opt"]
backend = "directory"
directory = "/persist/volumes/opt"
"""
        + PERSIST
        + """
[persistence."/persist/root"]
directories = ["/var/lib/nixos"]
"""
    ),
    "copied-files": Case(
        toml="""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"

[volumes."/home"]
backend = "tmpfs"
phase = "system"
"""
        + PERSIST
        + """
[persistence."/persist/root"]
files = [
  { file = "/etc/shadow", method = "copy" },
  { file = "/a%b", method = "copy" },
]

[persistence."/persist/root".users.alice]
files = [{ file = ".config/deep/monitors v2.xml", method = "copy" }]
""",
    ),
    "early-log": Case(
        toml="""
[volumes."/var/log"]
backend = "tmpfs"

[filesystems."/persist"]
type = "ext4"
device = "UUID=0000-1111"

[persistence."/persist"]
directories = ["/var/log/journal"]
"""
    ),
}
