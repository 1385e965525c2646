"""Wrong declarations, one rule each: what is written, which key is named, what is said of it.

``+`` in front of a text puts it behind a declaration that is right.
"""

from typing import Final

RIGHT: Final = """
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"

[volumes."/home"]
backend = "btrfs"
device = "/dev/disk/by-label/data"
subvolume = "home"

[filesystems."/persist"]
type = "zfs"
device = "rpool/persist"

[persistence."/persist/root"]
directories = ["/var/log"]
"""

Case = tuple[str, str, str, str]
"""Name, text, key, part of the message."""


def _zfs(more: str, dataset: str = "rpool/x", point: str = "/x") -> str:
    return f'+[volumes."{point}"]\nbackend = "zfs"\ndataset = "{dataset}"\n{more}'


def _btrfs(more: str, subvolume: str = "x", point: str = "/x") -> str:
    device = "/dev/disk/by-label/data"
    start = f'+[volumes."{point}"]\nbackend = "btrfs"\ndevice = "{device}"\n'
    return f'{start}subvolume = "{subvolume}"\n{more}'


def _directory(directory: str, more: str = "", point: str = "/x") -> str:
    return f'+[volumes."{point}"]\nbackend = "directory"\ndirectory = "{directory}"\n{more}'


def _kept(entry: str, kind: str = "directories") -> str:
    return f'+[persistence."/persist/more"]\n{kind} = [{entry}]\n'


def _filesystem(point: str, kind: str, device: str, more: str = "") -> str:
    return f'+[filesystems."{point}"]\ntype = "{kind}"\ndevice = "{device}"\n{more}'


MORE: Final = 'persistence."/persist/more"'
LONG: Final = "x" * 252
_TMPFS: Final = '[volumes."/home"]\nbackend = "tmpfs"\n'
_TWO_HOMES: Final = """+
[persistence."/persist/root".users.alice]
[persistence."/persist/more".users.alice]
home = "/home/al"
"""

SHAPE: Final[list[Case]] = [
    ("top key", "+[lost]", "lost", "unknown key"),
    ("volumes", "volumes = 5", "volumes", "must be a table"),
    ("volume", 'volumes = { "/" = 5 }', 'volumes."/"', "must be a table"),
    ("no backend", '[volumes."/"]\ndataset = "rpool/x"', 'volumes."/"', "backend is missing"),
    ("backend", '[volumes."/"]\nbackend = "zsf"', 'volumes."/"', "unknown backend 'zsf'"),
    ("backend's type", '[volumes."/"]\nbackend = []', 'volumes."/"', "unknown backend this value"),
    ("empty mount point", '+[volumes.""]\nbackend = "tmpfs"', 'volumes.""', "must not be empty"),
    ("volume's key", _zfs("device = 1"), 'volumes."/x".device', "unknown key"),
    ("missing", '[volumes."/"]\nbackend = "zfs"', 'volumes."/".dataset', "this key is missing"),
    ("reset", _zfs('reset = "wipe"'), 'volumes."/x".reset', "'wipe' is not possible here"),
    ("reset's type", _zfs("reset = true"), 'volumes."/x".reset', "true is not possible here"),
    ("phase", _zfs('phase = "late"'), 'volumes."/x".phase', "'late' is not possible here"),
    ("retired", _zfs("retired = 5"), 'volumes."/x".retired', "must be a table"),
    ("keep", _zfs("retired.keep = 0"), 'volumes."/x".retired.keep', "must be at least 1"),
    ("keep's type", _zfs("retired.keep = true"), 'volumes."/x".retired.keep', "whole number"),
    ("days", _zfs("retired.days = 99999"), 'volumes."/x".retired.days', "at most 36500"),
    ("minFree", _zfs('retired.minFree = "all"'), 'volumes."/x".retired.minFree', "amount of free"),
    ("retired key", _zfs("retired.age = 1"), 'volumes."/x".retired.age', "unknown key"),
    ("option", _btrfs('options = ["a b"]'), 'volumes."/x".options[0]', "is not a mount option"),
    ("one line", _zfs('baseline = "a\\nb"'), 'volumes."/x".baseline', "must be one line"),
    ("empty line", _zfs('baseline = ""'), 'volumes."/x".baseline', "must not be empty"),
    ("filesystem", "filesystems.\"/x\" = 1", 'filesystems."/x"', "must be a table"),
    ("filesystems", "filesystems = 1", "filesystems", "must be a table"),
    ("type", _filesystem("/x", "a b", "UUID=1"), 'filesystems."/x".type', "filesystem type"),
    ("filesystem's key", _filesystem("/x", "xfs", "UUID=1", "pass = 1"),
     'filesystems."/x".pass', "unknown key"),
    ("no device", '+[filesystems."/x"]\ntype = "xfs"', 'filesystems."/x".device', "missing"),
    ("empty filesystem", '+[filesystems.""]\ntype = "a"\ndevice = "b"', 'filesystems.""', "empty"),
    ("persistence", "persistence = []", "persistence", "must be a table"),
    ("empty store", '+[persistence.""]', 'persistence.""', "must not be empty"),
    ("store's key", '+[persistence."/p"]\nhidemounts = true', 'persistence."/p".hidemounts',
     "unknown key"),
    ("hideMounts", _kept("", "presets") + "hideMounts = 1", f"{MORE}.hideMounts", "true or false"),
    ("presets", '+[persistence."/p"]\npresets = "nixos"', 'persistence."/p".presets', "a list"),
    ("preset's type", _kept("5", "presets"), f"{MORE}.presets[0]", "must be text"),
    ("directories", '+[persistence."/p"]\ndirectories = "/etc"', 'persistence."/p".directories',
     "must be a list"),
    ("entry", _kept('"/srv", 5'), f"{MORE}.directories[1]", "must be a path or a table"),
    ("empty entry", _kept('""'), f"{MORE}.directories[0]", "must not be empty"),
    ("nameless", _kept('{ mode = "0700" }'), f"{MORE}.directories[0].directory", "missing"),
    ("entry's key", _kept('{ directory = "/srv", method = "bind" }'),
     f"{MORE}.directories[0].method", "unknown key"),
    ("mode", _kept('{ directory = "/srv", mode = "rwx" }'), f"{MORE}.directories[0].mode",
     "'rwx' is not an octal mode"),
    ("mode's type", _kept('{ file = "/srv", mode = 420 }', "files"), f"{MORE}.files[0].mode",
     "must be text"),
    ("user", _kept('{ file = "/srv", user = "a b" }', "files"), f"{MORE}.files[0].user",
     "is not a user's name"),
    ("group", _kept('{ file = "/srv", group = "a\\nb" }', "files"), f"{MORE}.files[0].group",
     "is not a group's name"),
    ("method", _kept('{ file = "/srv", method = "move" }', "files"), f"{MORE}.files[0].method",
     "'move' is not possible here"),
    ("encoding", _kept('{ file = "/srv", encoding = "x" }', "files"), f"{MORE}.files[0].encoding",
     "'x' is not possible here"),
    ("parent", _kept('{ file = "/srv", parentDirectory = "x" }', "files"),
     f"{MORE}.files[0].parentDirectory", "must be a table"),
    ("parent's key", _kept('{ file = "/srv", parentDirectory = { mod = "1" } }', "files"),
     f"{MORE}.files[0].parentDirectory.mod", "unknown key"),
    ("users", '+[persistence."/p"]\nusers = 1', 'persistence."/p".users', "must be a table"),
    ("no name", '+[persistence."/p".users.""]', 'persistence."/p".users.""', "must not be empty"),
    ("user's name", '+[persistence."/p".users."a b"]', 'persistence."/p".users."a b"',
     "is not a user's name"),
    ("user's table", '+[persistence."/p".users]\nalice = 1', 'persistence."/p".users.alice',
     "must be a table"),
    ("user's key", '+[persistence."/p".users.alice]\nhomes = 1',
     'persistence."/p".users.alice.homes', "unknown key"),
    ("user called table", '+[persistence."/p".users.table]\nhome = "/home/table"\ndirectories = [1]',
     'persistence."/p".users.table.directories[0]', "must be a path or a table"),
    ("user by number", '+[persistence."/p".users.1000]\nhome = 1',
     'persistence."/p".users.1000.home', "must be text"),
    ("homeMode", '+[persistence."/p".users.alice]\nhomeMode = "9"',
     'persistence."/p".users.alice.homeMode', "is not an octal mode"),
    ("loss", "loss = 1", "loss", "must be a table"),
    ("loss' key", "loss.ignored = []", "loss.ignored", "unknown key"),
    ("ignore", "loss.ignore = [1]", "loss.ignore[0]", "must be text"),
    ("machineId", 'machineId = "x"', "machineId", "is not a machine id"),
    ("onFailure", 'onFailure = "panic"', "onFailure", "'panic' is not possible here"),
]  # fmt: skip

VALUES: Final[list[Case]] = [
    ("relative volume", '+[volumes."srv"]\nbackend = "tmpfs"', "volumes.srv", "relative path"),
    ("relative filesystem", _filesystem("x", "xfs", "UUID=1"), "filesystems.x", "relative path"),
    ("relative store", '+[persistence."p"]\ndirectories = ["/srv"]', "persistence.p", "relative"),
    ("relative entry", _kept('"srv"'), f"{MORE}.directories[0]", "'srv' is a relative path"),
    ("dots", _kept('"/srv/../etc"'), f"{MORE}.directories[0]", "'/srv/../etc' holds '..'"),
    ("hidden dots", _kept('{ directory = "/%2e%2E/x", encoding = "percent" }'),
     f"{MORE}.directories[0]", "holds '..'"),
    ("NUL", _kept('"/a\\u0000"'), f"{MORE}.directories[0]", "NUL"),
    ("long name", _kept(f'"/{"x" * 256}"'), f"{MORE}.directories[0]", "longer than 255 bytes"),
    ("long path", _kept(f'"{"/x" * 2001}"'), f"{MORE}.directories[0]", "longer than 4000 bytes"),
    ("absolute in a home", '+[persistence."/persist/root".users.alice]\nfiles = ["/etc/x"]',
     'persistence."/persist/root".users.alice.files[0]', "'/etc/x' is absolute"),
    ("relative home", '+[persistence."/persist/root".users.alice]\nhome = "alice"',
     'persistence."/persist/root".users.alice.home', "relative path"),
    ("no home", '+[persistence."/persist/root".users.nobody]\nfiles = [".x"]',
     'persistence."/persist/root".users.nobody', "no home is known for the user 'nobody'"),
    ("two homes", _TWO_HOMES, f"{MORE}.users.alice.home", "the home differs"),
    ("preset", _kept('"zfs", "gentoo"', "presets"), f"{MORE}.presets[1]", "unknown preset"),
    ("subvolume", _btrfs("", "a/../b"), 'volumes."/x".subvolume', "holds '..'"),
    ("baseline path", _btrfs('baseline = ".."'), 'volumes."/x".baseline', "holds '..'"),
    ("directory", _directory("persist/x"), 'volumes."/x".directory', "relative path"),
]  # fmt: skip

LAYOUT: Final[list[Case]] = [
    ("twice", _zfs("", point="/home/"), 'volumes."/home"', "is declared twice"),
    ("both", _filesystem("/home", "xfs", "UUID=1"), 'volumes."/home"', "also declared under"),
    ("filesystem twice", _filesystem("/persist/", "xfs", "UUID=1"), 'filesystems."/persist"',
     "is declared twice"),
    ("kernel's place", _zfs("", point="/run/x"), 'volumes."/run/x"', "mounted anew"),
    ("unit name", _zfs("", point=f"/{LONG}"), f'volumes."/{LONG}"', "too long for a unit name"),
    ("mount's name", _filesystem(f"/{LONG}", "xfs", "UUID=1"), f'filesystems."/{LONG}"',
     "too long for a unit name"),
    ("late root", '[volumes."/"]\nbackend = "tmpfs"\nphase = "system"', 'volumes."/".phase',
     "mounted in the initrd"),
    ("early on late", _zfs('phase = "initrd"', point="/home/x"), 'volumes."/home/x"',
     "but /home above it only later"),
    ("pool", _zfs("", "tank"), 'volumes."/x".dataset', "'tank' cannot be a volume"),
    ("dataset", _zfs("", "tank/a@b"), 'volumes."/x".dataset', "cannot be a volume"),
    ("place of the retired", _zfs("", "tank/retired/x"), 'volumes."/x".dataset', "sets aside"),
    ("line end in a mount point", _zfs("", point="/a\\nb"), 'volumes."/a\\nb"', "in a mount unit"),
    ("variable in a mount point", _zfs("", point="/$HOME"), 'volumes."/$HOME"', "in a mount unit"),
    ("backslash at the end", _filesystem("/a\\\\", "tmpfs", "tmpfs"), 'filesystems."/a\\\\"',
     "in a mount unit"),
    ("comma in a subvolume", _btrfs("", "a,b"), 'volumes."/x".subvolume', "in a mount unit"),
    ("blank at a directory's end", _directory("/persist/a "), 'volumes."/x".directory',
     "in a mount unit"),
    ("long dataset", _zfs("", f"tank/{'x' * 200}"), 'volumes."/x".dataset', "too long"),
    ("snapshot", _zfs('baseline = "a@b"'), 'volumes."/x".baseline', "is no snapshot name"),
    ("device", '+[volumes."/x"]\nbackend = "btrfs"\ndevice = "sda1"\nsubvolume = "x"',
     'volumes."/x".device', "'sda1' is no block device"),
    ("top level", _btrfs('baseline = "b"', "/"), 'volumes."/x".subvolume', "top level cannot be"),
    ("retired subvolume", _btrfs("", "retired/x"), 'volumes."/x".subvolume', "sets aside"),
    ("successors", _btrfs("", ".petrichor/x"), 'volumes."/x".subvolume', "sets aside"),
    ("retired baseline", _btrfs('baseline = "retired/b"'), 'volumes."/x".baseline', "sets aside"),
    ("long subvolume", _btrfs("", "x" * 240), 'volumes."/x".subvolume', "too long"),
    ("inner baseline", _btrfs('baseline = "x/b"'), 'volumes."/x".baseline', "overlaps"),
    ("other's baseline", _btrfs('baseline = "home/b"'), 'volumes."/x".baseline',
     "overlaps the subvolume of the volume at /home"),
    ("shared subvolume", _btrfs("", "home/x"), 'volumes."/x"', "shares its data with"),
    ("shared dataset", _zfs("", "rpool/root/x"), 'volumes."/x"', "shares its data with"),
    ("minFree", _zfs('retired.minFree = "101%"'), 'volumes."/x".retired.minFree', "more than"),
    ("directory as root", '[volumes."/"]\nbackend = "directory"\ndirectory = "/x"', 'volumes."/"',
     "cannot be the root volume"),
    ("directory on itself", _directory("/x/y"), 'volumes."/x".directory', "on the volume itself"),
    ("directory is a mount", _directory("/persist"), 'volumes."/x".directory',
     "holds the mount point /persist"),
    ("directory on a volume", _directory("/srv/x"), 'volumes."/x".directory', "that is emptied"),
    ("directory and store", _directory("/persist/root/srv"), 'volumes."/x".directory',
     "overlaps the store /persist/root"),
    ("retired directory", _directory("/persist/retired"), 'volumes."/x".directory', "sets aside"),
    ("long directory", _directory(f"/persist/{'x' * 240}"), 'volumes."/x".directory', "too long"),
    ("shared directory", _directory("/persist/v") + _directory("/persist/v/w", "", "/y")[1:],
     'volumes."/y"', "shares its data with"),
    ("disk", _filesystem("/x", "ext4", "sda1"), 'filesystems."/x".device', "no block device"),
    ("filesystem is a volume", _filesystem("/x", "zfs", "rpool/root"), 'filesystems."/x".device',
     "the volume at / empties"),
    ("filesystem below a volume", _filesystem("/x", "zfs", "rpool/root/x"),
     'filesystems."/x".device', "the volume at / empties"),
    ("subvolume below a volume", _filesystem("/x", "btrfs", "/dev/disk/by-label/data",
     'options = ["subvol=/home/x"]'), 'filesystems."/x".device', "the volume at /home empties"),
]  # fmt: skip

KEPT: Final[list[Case]] = [
    ("store on a volume", '+[persistence."/store"]\ndirectories = ["/srv"]',
     'persistence."/store"', "lies on the volume at /"),
    ("volume in a store", f'{_TMPFS}[persistence."/"]\ndirectories = ["/home/x"]',
     'persistence."/"', "a part of the store"),
    ("kept mount point", _kept('"/home"'), f"{MORE}.directories[0]", "is itself a mount point"),
    ("kept store", f'{_TMPFS}[persistence."/store"]\ndirectories = ["/store"]',
     'persistence."/store".directories[0]', "holds a store"),
    ("covers a mount", _kept('"/srv"') + '[filesystems."/srv/data"]\ntype = "xfs"\n'
     'device = "UUID=1"', f"{MORE}.directories[0]", "would cover a mount point below it"),
    ("kernel's place", _kept('"/run/x"'), f"{MORE}.directories[0]", "/run is mounted anew"),
    ("our own place", _kept('"/.petrichor/x"'), f"{MORE}.directories[0]", "own files"),
    ("survives", _kept('"/persist/x"'), f"{MORE}.directories[0]", "/persist/x survives anyway"),
    ("accounts", _kept('"/etc/shadow"', "files"), f"{MORE}.files[0]", "replaced by renaming"),
    ("link's mode", _kept('{ file = "/etc/x", method = "symlink", mode = "0600" }', "files"),
     f"{MORE}.files[0].mode", "no mode of its own"),
    ("copied machine id", _kept('{ file = "/etc/machine-id", method = "copy" }', "files"),
     f"{MORE}.files[0].method", "is copied at every boot anyway"),
    ("copied file's mode", _kept('{ file = "/etc/x", method = "copy", mode = "0600" }', "files"),
     f"{MORE}.files[0]", "owner and mode that it was saved with"),
    ("copied file's owner", _kept('{ file = "/etc/x", method = "copy", user = "0" }', "files"),
     f"{MORE}.files[0]", "owner and mode that it was saved with"),
    ("copied name", _kept('{ file = "/srv/%FF", method = "copy", encoding = "percent" }', "files"),
     f"{MORE}.files[0].method", "cannot be written in the units"),
    ("copied line end", _kept('{ file = "/srv/a\\nb", method = "copy" }', "files"),
     f"{MORE}.files[0].method", "cannot be written in the units"),
    ("copied in a kept directory", _kept('"/srv"')
     + 'files = [{ file = "/srv/x", method = "copy" }]', f"{MORE}.files[0]",
     "comes along with /srv"),
    ("long copied name", _kept(f'{{ file = "/srv/{"x" * 229}", method = "copy" }}', "files"),
     f"{MORE}.files[0].method", "too long for a unit name"),
    ("user", _kept('{ directory = "/srv", user = "who" }'), f"{MORE}.directories[0].user",
     "no user 'who'"),
    ("group", _kept('{ directory = "/srv", group = "who" }'), f"{MORE}.directories[0].group",
     "no group 'who'"),
    ("parent's user", _kept('{ directory = "/srv/x", parentDirectory = { user = "who" } }'),
     f"{MORE}.directories[0].parentDirectory.user", "no user 'who'"),
    ("early home", '+[persistence."/persist/root".users.who]\nhome = "/who"',
     'persistence."/persist/root".users.who', "no user 'who'"),
    ("kept twice", _kept('"/srv", "/srv/"'), f"{MORE}.directories[1]", "kept twice: also by"),
    ("two stores", _kept('"/var/log/journal"'), f"{MORE}.directories[0]",
     "lies below /var/log, kept in another store"),
    ("below a file", _kept('"/srv"', "files") + 'directories = ["/srv/x"]',
     f"{MORE}.directories[0]", "/srv is kept as a file"),
]  # fmt: skip

TEN_SHAPES: Final = """
machineId = "not hex"
colour = "blue"
onFailure = "panic"

[volumes."/"]
backend = "zsf"
dataset = "rpool/root"

[volumes."/home"]
backend = "btrfs"
subvolume = "home"
retired = { keep = 0 }

[filesystems."/persist"]
type = "xfs"
device = 7

[persistence."/persist/root"]
hidemounts = true
directories = ["/var/log", 5]
files = [{ file = "/etc/hostid", mode = "rw" }, "/home/alice/.profile"]
users = { alice = { files = [".bashrc"] } }
"""

TEN_OF_ALL_KINDS: Final = """
machineId = "not hex"
colour = "blue"

[volumes."/"]
backend = "zfs"
dataset = "rpool"

[volumes."/home"]
backend = "btrfs"
subvolume = "home"

[filesystems."/persist"]
type = "ext4"
device = "sda1"

[persistence."/persist/root"]
hidemounts = true
presets = ["nixos", "gentoo"]
directories = ["var/log", "/srv/../etc"]
files = ["/etc/shadow"]
"""
