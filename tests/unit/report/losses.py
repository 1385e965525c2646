"""Shares of a loss for the tests of its reports."""

from petrichor.loss.summary import Summary
from petrichor.model.loss import Aspect, Change, Entry, Fate, Judgement, Share
from petrichor.report.losskeep import Known

FILE, DIRECTORY = 0o100644, 0o040755
DAY = 1_700_000_000  # 2023-11-14 22:13 UTC
NOBODY = Judgement(Fate.LOST)
SSH = Judgement(Fate.LOST, "OpenSSH", "OpenSSH", "secret", b"/etc/ssh")
GARDEN = Judgement(Fate.LOST, "garden.service", "garden.service", "", b"/var/lib/garden")
SHELL = Judgement(Fate.LOST, "Bash", "Bash", "normal", b"/home/alice/.bash_history")
BROWSER = Judgement(Fate.LOST, "Browser", "Browser", "cache", b"/home/alice/.cache/browser")
KNOWN = Known(
    store="/persist/root",
    homes={b"/home/alice": "alice"},
    users={0: "root", 990: "garden", 1000: "alice"},
    presets={"OpenSSH": "openssh"},
    home_presets={},
)


def file(name: bytes, change: Change = Change.ADDED, size: int = 10, uid: int = 0) -> Entry:
    aspects = (Aspect.CONTENT, Aspect.TIME) if change is Change.CHANGED else ()
    return Entry(name, change, FILE, size, uid, DAY, aspects)


def directory(name: bytes, mode: int = 0o755, uid: int = 0) -> Entry:
    return Entry(name, Change.ADDED, 0o040000 | mode, 4096, uid, DAY)


def unreadable(name: bytes) -> Entry:
    return Entry(name, Change.UNREADABLE, 0, 0, 0, 0, error="Input/output error")


SHARES = [
    Share(b"/", NOBODY, [directory(b"srv"), file(b"naughty-file")]),
    Share(b"/srv", NOBODY, [file(b"a", size=1 << 20), file(b"b")]),
    Share(b"/etc", NOBODY, [file(b"passwd", Change.CHANGED), file(b"motd", Change.REMOVED)]),
    Share(b"/etc/ssh", SSH, [file(b"ssh_host_ed25519_key"), file(b"sshd_config", Change.CHANGED)]),
    Share(b"/var/lib", GARDEN, [directory(b"garden", 0o750, 990)]),
    Share(b"/var/lib/garden", GARDEN, [file(b"roses", uid=990)]),
    Share(b"/home/alice", SHELL, [file(b".bash_history", uid=1000)]),
    Share(b"/home/alice/.cache/browser", BROWSER, [file(b"index", uid=1000)]),
    Share(b"/var/log", Judgement(Fate.KEPT, "directories[0]"), [file(b"messages")]),
    Share(b"/tmp", Judgement(Fate.IGNORED, "/tmp/"), [file(b"x"), file(b"y")]),
    Share(b"/home", Judgement(Fate.HIDDEN, "under the mount at /home"), [file(b"under")]),
]


def summed(*shares: Share, by_owner: bool = True) -> Summary:
    summary = Summary(by_owner=by_owner)
    for share in shares:
        summary.add(share)
    return summary
