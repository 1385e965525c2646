"""Runs in a machine with ZFS: predicts a loss, resets, and lists by other means what is lost.

It leaves files of JSON: differences of prediction and truth, which are to be empty, and times.
"""

import fcntl
import hashlib
import json
import os
import socket
import stat
import subprocess
import time
from functools import partial
from pathlib import Path
from urllib.parse import unquote_to_bytes

FATES = ("lost", "kept", "ignored", "regenerated", "hidden")
NAMES = [
    b"new\nline", b"tab\tbed", b"sp ace", b"100%n", b"back\\slash", b"-dash", b"--help",
    b"\xff\xfe bad", b"p\xc3\xa9", b"oct\\0040al", b"\x01\x1f\x7f", b"n" * 255,
]  # fmt: skip
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
ACL = bytes.fromhex("0200000001000600ffffffff02000400e803000004000400ffffffff")
ACL += bytes.fromhex("10000400ffffffff20000400ffffffff")
VOLUMES = {
    "/rolled": ("rpool/rolled", "rollback"),
    "/retired": ("rpool/retired-one", "retire"),
    "/attributes": ("rpool/attributes", "rollback"),
    "/big": ("rpool/big", "rollback"),
}
DECLARATION = "".join(
    f'[volumes."{where}"]\nbackend = "zfs"\ndataset = "{dataset}"\nbaseline = "blank"\n'
    f'reset = "{reset}"\n'
    for where, (dataset, reset) in VOLUMES.items()
)
HELD = []  # files that stay open


def run(*words: object) -> bytes:
    return subprocess.run([os.fspath(w) for w in words], check=True, stdout=subprocess.PIPE).stdout


def note(name: str, data: object) -> None:
    Path(name).write_text(json.dumps(data, indent=1, default=repr))


def make(where: str, *options: str) -> None:
    """Make the dataset of a volume and mount it."""
    dataset = VOLUMES[where][0]
    run("zfs", "create", "-o", "mountpoint=legacy", *options, dataset)
    mount(where)


def mount(where: str) -> None:
    os.makedirs(where, exist_ok=True)
    run("mount", "-t", "zfs", VOLUMES[where][0], where)


def blank(where: str) -> None:
    run("zfs", "snapshot", f"{VOLUMES[where][0]}@blank")
    time.sleep(0.1)


# --- all kinds of change


def write(path: str | bytes, text: str = "hello\n") -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def new_things() -> None:
    """Everything that can be new, in the working directory."""
    for name in NAMES:
        write(name)
        os.makedirs(b"named/" + name)
    write("empty", "")
    os.makedirs("new/empty")
    write("new/file")
    os.symlink("new", "link")
    os.symlink("nowhere", "dangling")
    os.mkfifo("fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    os.mknod("char", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.mknod("block", stat.S_IFBLK | 0o600, os.makedev(7, 0))
    os.makedirs("linked")
    write("two-names")
    os.link("two-names", "linked/second")
    with open("sparse", "w", encoding="ascii") as file:
        file.truncate(1 << 40)
    HELD.append(open("unlinked", "w", encoding="ascii"))  # noqa: SIM115  # it stays open
    os.unlink("unlinked")
    os.makedirs("mounted/hidden")
    write("mounted/hidden/file")
    run("mount", "-t", "tmpfs", "none", "mounted")
    write("mounted/elsewhere")


def baseline() -> None:
    """What the changes need: a file or directory for each."""
    names = "touched written truncated mode owner set-back attribute acl capability immutable"
    names += " free deleted saved moved linked-a unlinked-a temporary held file-to-directory same"
    for name in names.split():
        write(name)
    for name in ("kept/inner", "tree/inner", "old-name/inner", "directory-to-file", "many"):
        os.makedirs(name)
        write(f"{name}/file")
    os.link("unlinked-a", "kept/unlinked-b")
    os.link("linked-a", "kept/linked-0")
    os.symlink("a", "aimed")
    flag("free", immutable=True)
    write("changed-linked-a")
    os.link("changed-linked-a", "kept/inner/changed-linked-b")


def changes() -> None:
    """Each kind of change once."""
    os.utime("touched")
    write("written", "bye\n")
    os.truncate("truncated", 1)
    os.chmod("mode", 0o600)
    os.chown("owner", 1000, 1000)
    facts = os.stat("set-back")
    write("set-back", "HELLO\n")
    os.utime("set-back", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    os.setxattr("attribute", "user.note", b"\0\xff")
    os.setxattr("acl", "system.posix_acl_access", ACL)
    os.setxattr("capability", "security.capability", CAPABILITY)
    flag("immutable", immutable=True)
    flag("free", immutable=False)
    os.unlink("deleted")
    run("rm", "-r", "tree")
    write("beside", "saved\n")
    os.rename("beside", "saved")
    os.rename("moved", "kept/inner/moved-here")
    os.rename("old-name", "new-name")
    os.link("linked-a", "kept/inner/linked-1")
    os.unlink("kept/unlinked-b")
    os.link("temporary", "many/temporary")
    os.unlink("many/temporary")
    HELD.append(open("held", encoding="ascii"))  # noqa: SIM115  # it stays open
    os.unlink("held")
    os.unlink("file-to-directory")
    os.makedirs("file-to-directory/inner")
    run("rm", "-r", "directory-to-file")
    write("directory-to-file")
    os.unlink("aimed")
    os.symlink("b", "aimed")
    os.chmod(".", 0o711)


def flag(path: str, *, immutable: bool) -> None:
    run("chattr", "+i" if immutable else "-i", "--", path)


# --- what is really there, by other means


def photograph(where: str) -> dict[bytes, dict[str, object]]:
    """Everything on a volume, also what mounts hide, by its path."""
    os.makedirs("/look", exist_ok=True)
    run("mount", "--bind", where, "/look")
    found = {os.fsencode(where): facts(b"/look")}
    for above, folders, files in os.walk(b"/look"):
        for name in folders + files:
            path = os.path.join(above, name)
            found[os.fsencode(where) + path.removeprefix(b"/look")] = facts(path)
    run("umount", "/look")
    return found


def facts(path: bytes) -> dict[str, object]:
    """All that a change can change."""
    seen = os.lstat(path)
    kind = stat.S_IFMT(seen.st_mode)
    content: object = None
    flags = 0
    if kind == stat.S_IFREG:
        content = seen.st_size, digest(path) if seen.st_size < 1 << 30 else ""
    elif kind == stat.S_IFLNK:
        content = os.readlink(path)
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        content = seen.st_rdev
    if kind in (stat.S_IFREG, stat.S_IFDIR):
        handle = os.open(path, os.O_RDONLY)
        flags = int.from_bytes(fcntl.ioctl(handle, 0x80086601, bytes(8)), "little") & 0x70
        os.close(handle)
    names = os.listxattr(path, follow_symlinks=False)
    return {
        "kind": kind,
        "content": content,
        "mode": stat.S_IMODE(seen.st_mode),
        "owner": (seen.st_uid, seen.st_gid),
        "time": 0 if kind == stat.S_IFDIR else seen.st_mtime_ns,
        "xattrs": {n: os.getxattr(path, n, follow_symlinks=False) for n in names},
        "flags": flags,
    }


def digest(path: bytes) -> str:
    return hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()


def truth(before: dict, after: dict) -> dict[bytes, list[object]]:
    """What the reset did, path by path."""
    found: dict[bytes, list[object]] = {}
    for path in before.keys() | after.keys():
        if path not in after:
            found[path] = ["added", []]
        elif path not in before:
            found[path] = ["removed", []]
        elif before[path]["kind"] != after[path]["kind"]:
            found[path] = ["changed", ["kind"]]
        elif aspects := [key for key, value in before[path].items() if value != after[path][key]]:
            found[path] = ["changed", aspects]
    return found


# --- what petrichor says


def predicted(where: str) -> tuple[dict[bytes, list[object]], list[str]]:
    """All rows of `petrichor diff`, whatever their fate, and what is odd about them."""
    found: dict[bytes, list[object]] = {}
    odd: list[str] = []
    for fate in FATES:
        words = ("--config", "declaration.toml", "--json", "diff", "--volume", where)
        answer = json.loads(run("petrichor", *words, "--fate", fate))
        if not answer["complete"]:
            odd.append(f"{fate}: incomplete")
        for row in answer["entries"]:
            quoted = row.get("encoding") == "percent"
            path = unquote_to_bytes(row["path"]) if quoted else row["path"].encode()
            path = path.rstrip(b"/")
            if path in found:
                odd.append(f"twice: {path!r}")
            found[path] = [row["change"], row.get("aspects", [])]
    return found, odd


def judge(name: str, said: dict, real: dict, odd: list[str]) -> None:
    """Note what was said and is not so, and what is so and was not said."""
    wrong = [f"{p!r}: said {said.get(p)}, is {real.get(p)}" for p in sorted(said | real)
             if said.get(p) != real.get(p)]  # fmt: skip
    note(name, {"wrong": wrong + odd, "rows": len(real)})


def reset(where: str) -> None:
    while HELD:
        HELD.pop().close()
    os.chdir("/run/ring/out")
    run("umount", "--recursive", where)
    run("petrichor", "--yes", "--config", "declaration.toml", "reset", where)
    mount(where)


# --- the experiments


def of_rollback() -> None:
    """Every kind of change to a baseline with content."""
    make("/rolled")
    os.chdir("/rolled")
    baseline()
    blank("/rolled")
    changes()
    new_things()
    os.chdir("/run/ring/out")
    rows = run("zfs", "diff", "-FHt", "rpool/rolled@blank", "rpool/rolled")
    Path("diff.txt").write_bytes(rows)
    hint = hinted("/rolled")
    write("/rolled/changed-linked-a", "both\n")
    linked_hint = hinted("/rolled")
    before = photograph("/rolled")
    said, odd = predicted("/rolled")
    reset("/rolled")
    real = truth(before, photograph("/rolled"))
    judge("rollback.json", said, real, odd)
    linked = {b"/rolled/changed-linked-a", b"/rolled/kept/inner/changed-linked-b"}
    plain = {path: how for path, how in real.items() if path not in linked | {b"/rolled"}}
    judge("hint.json", hint or {}, plain, [])
    note("hint-linked.json", linked_hint)


def of_attributes() -> None:
    """Attributes that are kept as files, which zfs diff shows as such."""
    make("/attributes", "-o", "xattr=dir")
    for name in ("new", "old", "gone", "same"):
        write(f"/attributes/{name}")
    os.setxattr("/attributes/old", "user.old", b"1")
    os.setxattr("/attributes/gone", "user.gone", b"1")
    blank("/attributes")
    os.setxattr("/attributes/new", "user.new", b"1")
    os.setxattr("/attributes/old", "user.old", b"2")
    os.removexattr("/attributes/gone", "user.gone")
    rows = run("zfs", "diff", "-FHt", "rpool/attributes@blank", "rpool/attributes")
    Path("diff-attributes.txt").write_bytes(rows)
    hint = hinted("/attributes")
    before = photograph("/attributes")
    said, odd = predicted("/attributes")
    reset("/attributes")
    real = truth(before, photograph("/attributes"))
    judge("attributes.json", said, real, odd)
    judge("attributes-hint.json", hint or {}, real, [])


def hinted(where: str) -> dict[bytes, list[object]] | None:
    """What `zfs diff` leads to; None where that is not all."""
    from petrichor.act.losing_zfs import _rows
    from petrichor.loss.compare import Comparison, Trust
    from petrichor.loss.zfs import HintError, verified
    from petrichor.system.beneath import open_volume
    from petrichor.system.command import SystemRunner
    from petrichor.system.detached import open_filesystem
    from petrichor.system.directory import DirectorySide

    snapshot = f"{VOLUMES[where][0]}@blank"
    rows = partial(_rows, SystemRunner(), snapshot, 10_000_000)
    with open_volume(Path(where)) as live, open_filesystem("zfs", snapshot, {}) as old:
        sides = DirectorySide(old), DirectorySide(live)
        try:
            found = list(verified(rows(), Comparison(*sides, where.encode(), Trust.ALL_BUT_MARKS)))
        except HintError:
            return None
    return {
        os.path.join(batch.directory, entry.name): [str(entry.change), list(entry.aspects)]
        for batch in found
        for entry in batch.entries
    }


def of_retire() -> None:
    """Everything new on an empty baseline, with a child dataset."""
    make("/retired")
    blank("/retired")
    os.chdir("/retired")
    new_things()
    os.chdir("/run/ring/out")
    os.makedirs("/retired/child")
    run("zfs", "create", "-o", "mountpoint=legacy", "rpool/retired-one/child")
    run("mount", "-t", "zfs", "rpool/retired-one/child", "/retired/child")
    os.makedirs("/retired/child/inner")
    write("/retired/child/inner/file")
    before = photograph("/retired") | photograph("/retired/child")
    said, odd = predicted("/retired")
    reset("/retired")
    judge("retire.json", said, truth(before, photograph("/retired")), odd)


def of_time() -> None:
    """22,000 rows on an empty baseline, and a hard link."""
    make("/big")
    blank("/big")
    for number in range(2000):
        os.mkdir(f"/big/{number:04}")
        for inner in range(10):
            write(f"/big/{number:04}/{inner}")
    os.link("/big/0000/0", "/big/second-name")
    run("sync")
    words = ["petrichor", "--config", "declaration.toml"]
    commands = {
        "find": ["find", "/big", "-xdev", "-printf", "%p %i %s %m %U %G %T@ %C@ %y\\n"],
        "petrichor": [*words, "diff", "--volume", "/big"],
        "zfs": ["zfs", "diff", "-FHt", "rpool/big@blank", "rpool/big"],
    }
    seconds = {}
    for name, command in commands.items():
        took = []
        for _ in range(1 if name == "zfs" else 4):
            began = time.monotonic()
            output = run(*command)
            took.append(time.monotonic() - began)
        seconds[name] = sorted(took)[len(took) // 2]
    listed = b"/big/second-name" in output
    said, odd = predicted("/big")
    names = [said.get(name, [""])[0] for name in (b"/big/0000/0", b"/big/second-name")]
    note("time.json", {"seconds": seconds, "rows": len(said), "odd": odd, "names": names,
                       "listed by zfs": [listed, b"/big/0000/0\n" in output]})  # fmt: skip


if __name__ == "__main__":
    Path("declaration.toml").write_text(DECLARATION)
    for part in (of_rollback, of_attributes, of_retire, of_time):
        part()
    Path("mounts").write_bytes(Path("/proc/self/mountinfo").read_bytes())
