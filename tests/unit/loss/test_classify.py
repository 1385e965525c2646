"""Each fate, on rules that are data; and that a directory's verdict is what its names would get."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.classify import Classifier
from petrichor.loss.rules import Kept, Made, Owned, Packages, Rules, Silent
from petrichor.model.loss import Aspect, Batch, Change, Entry, Fate, Judgement

FILE, DIRECTORY, LINK = 0o100644, 0o040755, 0o120777
ALICE = b"/home/alice"


class Source(Silent):
    """A machine of a few names; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def target(self, path: bytes) -> bytes | None:
        return {
            b"/etc/passwd": b"/etc/static/passwd",
            b"/home/alice/result": b"/nix/store/x",
            b"/home/alice/link": b"/persist/root/home/alice/link",
            b"/home/alice/near": b"/nix/storeroom",
            b"/etc/mtab": b"../proc/self/mounts",
        }.get(path)

    def content(self, path: bytes) -> bytes | None:
        return {b"/etc/made": b"12", b"/etc/edited": b"34", b"/etc/conf": b"good"}.get(path)

    def is_saved(self, path: bytes, source: bytes) -> bool:
        return (path, source) == (b"/home/alice/saved", b"/persist/root/home/alice/saved")

    def made(self) -> Sequence[Made]:
        self.asked.append("made")
        return (
            Made(b"/var/spool", 0o040000, "tmpfiles.d"),
            Made(b"/etc/made", 0o100000, "tmpfiles.d", b"12"),
            Made(b"/etc/edited", 0o100000, "tmpfiles.d", b"12"),
            Made(b"/etc/mtab", 0o120000, "tmpfiles.d", b"../proc/self/mounts"),
        )

    def units(self) -> tuple[Sequence[Owned], Sequence[Made]]:
        self.asked.append("units")
        owned = (Owned(b"/var/lib/private/dyn", "dyn.service"), Owned(b"/var/lib/own", "no"))
        return owned, (Made(b"/run/dyn", 0o040000, "dyn.service", deep=True),)

    def packages(self) -> Packages | None:
        self.asked.append("packages")
        return Listed()


class Listed:
    def owner(self, path: bytes) -> str:
        return "pack" if path.startswith((b"/usr/lib/pack", b"/etc/conf")) else ""

    def is_configuration(self, path: bytes) -> bool:
        return path.startswith(b"/etc/")

    def is_pristine(self, path: bytes, content: bytes) -> bool:
        return content == b"good"


def rules(source: Silent, *ignore: str) -> Rules:
    return Rules(
        mounts={
            b"/": frozenset([b"/home", b"/mnt/usb"]),
            b"/home": frozenset([b"/home/alice/.ssh", b"/home/alice/.hist", b"/home/alice/.full"]),
        },
        kept=tuple(
            Kept(path, b"/persist/root", f"key of {path.decode()}")
            for path in (
                b"/home/alice/.ssh",
                b"/home/alice/.hist",
                b"/home/alice/.full",
                b"/home/alice/link",
                b"/home/alice/a/b/late",
            )
        )
        + tuple(
            Kept(path, b"/persist/root", "a copy", b"/persist/root" + path)
            for path in (b"/home/alice/saved", b"/home/alice/unsaved")
        ),
        made=(Made(b"/home/alice", 0o040000, "homes.alice"),),
        owned=(
            Owned(b"/var/lib/own", "Own", "important"),
            Owned(b"/home/alice/.config/prog", "Prog", "normal"),
            Owned(b"/home/alice/.config/prog/cache", "Prog", "cache", "cache of the preset prog"),
        ),
        ignore=ignore,
        source=source,
    )


def entry(name: bytes, mode: int = FILE, size: int = 0, change: Change = Change.ADDED) -> Entry:
    aspects = (Aspect.CONTENT,) if change is Change.CHANGED else ()
    return Entry(name, change, mode, size, 0, 0, aspects)


def judged(path: bytes, mode: int = FILE, size: int = 0, **more: object) -> Judgement:
    change = more.pop("change", Change.ADDED)
    ignore = more.pop("ignore", ())
    top = more.pop("top", b"/home" if path.startswith(b"/home") else b"/")
    classifier = Classifier(rules(Source(), *ignore), top)  # type: ignore[misc, arg-type]
    directory, _, name = path.rpartition(b"/")
    batch = Batch(directory or b"/", [entry(name, mode, size, change)])  # type: ignore[arg-type]
    (share,) = classifier.judge(batch)
    assert share.entries == batch.entries and share.directory == batch.directory
    return share.judgement


@pytest.mark.parametrize(
    ("path", "mode", "size", "fate"),
    [
        (b"/home/alice/note", FILE, 5, Fate.LOST),
        (b"/home/alice/.ssh", DIRECTORY, 0, Fate.KEPT),
        (b"/home/alice/.ssh/id", FILE, 5, Fate.HIDDEN),
        (b"/home/alice/.ssh/a/b", FILE, 5, Fate.HIDDEN),
        (b"/home/alice/.sshx", DIRECTORY, 5, Fate.LOST),
        (b"/home/alice/.hist", FILE, 0, Fate.KEPT),
        (b"/home/alice/.full", FILE, 9, Fate.HIDDEN),
        (b"/home/alice/saved", FILE, 9, Fate.KEPT),
        (b"/home/alice/unsaved", FILE, 9, Fate.LOST),
        (b"/home/alice/link", LINK, 9, Fate.KEPT),
        (b"/home/alice/link", FILE, 9, Fate.LOST),
        (b"/home/alice/result", LINK, 9, Fate.REGENERATED),
        (b"/home/alice/near", LINK, 9, Fate.LOST),
        (b"/home/alice", DIRECTORY, 0, Fate.REGENERATED),
        (b"/home/alice/a", DIRECTORY, 0, Fate.REGENERATED),
        (b"/home/alice/a", FILE, 0, Fate.LOST),
        (b"/home/alice/a/b/late", DIRECTORY, 0, Fate.LOST),
        (b"/home/alice/a/b/late/x", FILE, 0, Fate.LOST),
        (b"/home/.petrichor-canary", FILE, 9, Fate.REGENERATED),
        (b"/home/alice/.petrichor-canary", FILE, 9, Fate.LOST),
        (b"/home/alice/.config/prog/cache", DIRECTORY, 0, Fate.IGNORED),
        (b"/home/alice/.config/prog/cache/x", FILE, 0, Fate.IGNORED),
        (b"/mnt/usb", DIRECTORY, 0, Fate.LOST),
        (b"/mnt/usb/x", FILE, 0, Fate.HIDDEN),
        (b"/var/spool", DIRECTORY, 0, Fate.REGENERATED),
        (b"/var/spool/x", FILE, 0, Fate.LOST),
        (b"/etc/made", FILE, 2, Fate.REGENERATED),
        (b"/etc/made", FILE, 3, Fate.LOST),
        (b"/etc/edited", FILE, 2, Fate.LOST),
        (b"/etc/mtab", LINK, 2, Fate.REGENERATED),
        (b"/etc/passwd", LINK, 2, Fate.REGENERATED),
        (b"/usr/lib/pack/x", FILE, 2, Fate.REGENERATED),
        (b"/etc/conf", FILE, 2, Fate.REGENERATED),
        (b"/etc/conf.local", FILE, 2, Fate.LOST),
        (b"/run/dyn", DIRECTORY, 0, Fate.REGENERATED),
        (b"/run/dyn/socket", FILE, 0, Fate.REGENERATED),
    ],
)
def test_fates(path: bytes, mode: int, size: int, fate: Fate) -> None:
    assert judged(path, mode, size).fate is fate


def test_a_copied_file_that_is_gone_is_not_kept_here() -> None:
    gone = judged(b"/home/alice/saved", change=Change.REMOVED)
    assert gone.fate is Fate.LOST and "saved when it changes" in gone.reason


def test_the_volume_decides_what_lies_under_a_mount() -> None:
    assert judged(b"/home/alice/x", top=b"/").fate is Fate.HIDDEN
    assert judged(b"/home/alice/x", top=b"/home").fate is Fate.LOST
    assert judged(b"/home/alice/x", top=None).fate is Fate.LOST
    assert judged(b"/home/alice/.ssh/x", top=None).fate is Fate.HIDDEN


def test_what_comes_back_is_not_what_was_made() -> None:
    for path in (b"/home/alice", b"/var/spool", b"/home/alice/result", b"/etc/conf.d"):
        assert judged(path, DIRECTORY, change=Change.REMOVED).fate is Fate.LOST
        assert judged(path, DIRECTORY, change=Change.UNREADABLE).fate is Fate.LOST


def test_owners() -> None:
    assert judged(b"/var/lib/own/x") == (Fate.LOST, "", "Own", "important", b"/var/lib/own")
    unit = judged(b"/var/lib/private/dyn/a/b")
    assert (unit.owner, unit.root) == ("dyn.service", b"/var/lib/private/dyn")
    assert judged(b"/home/alice/.config/prog").owner == "Prog"
    assert judged(b"/home/alice/.config/program").owner == ""
    assert "not mounted" in judged(b"/home/alice/a/b/late/x").reason


@pytest.mark.parametrize(
    ("path", "patterns", "reason"),
    [
        (b"/home/alice/x.o", ["*.o"], "[loss] ignore: *.o"),
        (b"/home/alice/.cache/a/b", ["/home/*/.cache/"], "[loss] ignore: /home/*/.cache/"),
        (b"/home/alice/.cache/a/b", [".cache/", "!b"], "[loss] ignore: .cache/"),
        (b"/home/alice/x.o", ["*.o", "!x.o"], ""),
    ],
)
def test_ignored(path: bytes, patterns: list[str], reason: str) -> None:
    judgement = judged(path, ignore=patterns)
    assert judgement == Judgement(Fate.IGNORED if reason else Fate.LOST, reason)


def test_a_pattern_does_not_reach_over_what_is_kept() -> None:
    assert judged(b"/home/alice/.ssh", DIRECTORY, ignore=["*"]).fate is Fate.KEPT


def test_a_home_asks_the_machine_for_nothing() -> None:
    source = Source()
    classifier = Classifier(rules(source), b"/home")
    for directory in (b"/home/alice", b"/home/alice/deep/er", b"/bench"):
        classifier.judge(Batch(directory, [entry(b"x")]))
    assert source.asked == []
    classifier.judge(Batch(b"/usr/lib", [entry(b"x")]))
    assert source.asked == ["made", "packages"]
    classifier.judge(Batch(b"/var/lib/x", [entry(b"x")]))
    assert source.asked == ["made", "packages", "units"]


def test_an_ordinary_batch_is_one_share_with_the_same_list() -> None:
    batch = Batch(b"/home/alice/x", [entry(b"a"), entry(b"b")])
    (share,) = Classifier(rules(Source()), b"/home").judge(batch)
    assert share.entries is batch.entries


NAMES = [b"home", b"alice", b".ssh", b"a", b"b", b"late", b"x.o", b".config", b"prog", b"cache"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6).map(
    lambda parts: b"/" + b"/".join(parts)
)


@given(st.lists(PATHS, max_size=8), st.sampled_from([(), ("*.o", "!a/x.o"), ("b/",), ("a",)]))
def test_the_order_of_batches_does_not_matter(paths: list[bytes], ignore: tuple[str, ...]) -> None:
    """A directory whose parents were never seen is judged like one that was walked down to."""
    together = Classifier(rules(Source(), *ignore), b"/home")
    for path in paths:
        directory, _, name = path.rpartition(b"/")
        batch = Batch(directory or b"/", [entry(name), entry(b"other"), entry(b"dir", DIRECTORY)])
        alone = Classifier(rules(Source(), *ignore), b"/home")
        found = {
            one.name: share.judgement for share in together.judge(batch) for one in share.entries
        }
        for one in batch.entries:
            (share,) = alone.judge(Batch(batch.directory, [one]))
            assert found[one.name] == share.judgement


@given(PATHS, st.sampled_from([("*.o",), ("b/",), ("a", "!x.o"), ()]))
def test_what_hides_or_is_ignored_passes_that_on(path: bytes, ignore: tuple[str, ...]) -> None:
    above = judged(path, DIRECTORY, ignore=ignore)
    below = judged(
        path + b"/zz", ignore=ignore, top=b"/home" if path.startswith(b"/home") else b"/"
    )
    if above.fate in (Fate.HIDDEN, Fate.IGNORED):
        assert below == above
    if above.fate is Fate.KEPT:
        assert below.fate is Fate.HIDDEN


def test_a_path_may_be_deeper_than_any_stack() -> None:
    """A process that takes a part of a walk over meets it at once, at its depth."""
    deep = Batch(b"/home/alice" + b"/d" * 5000, [entry(b"x")])
    ((_, judgement, _),) = Classifier(rules(Silent())).judge(deep)
    assert judgement.fate is Fate.LOST
