"""The words of the loss: what other code relies on of its records."""

import pickle

from petrichor.model.loss import Aspect, Batch, Change, Entry, Fate, Judgement, Share

ENTRY = Entry(b"\xff\n", Change.ADDED, 0o100644, 1 << 40, 0, -1)


def test_an_added_entry_says_nothing_more() -> None:
    assert (ENTRY.aspects, ENTRY.old, ENTRY.error, ENTRY.is_root) == ((), b"", "", False)


def test_records_pass_from_process_to_process() -> None:
    changed = ENTRY._replace(change=Change.CHANGED, aspects=(Aspect.KIND, Aspect.FLAGS))
    batch = Batch(b"/\xff", [ENTRY, changed])
    share = Share(batch.directory, Judgement(Fate.HIDDEN, "who"), batch.entries)
    assert pickle.loads(pickle.dumps((batch, share))) == (batch, share)


def test_equal_judgements_are_one_key() -> None:
    assert len({Judgement(Fate.LOST, "a"), Judgement(Fate.LOST, "a"), Judgement(Fate.LOST)}) == 2


def test_the_words_are_those_of_the_output() -> None:
    assert [str(fate) for fate in Fate] == ["lost", "kept", "ignored", "regenerated", "hidden"]
    assert f"{Change.UNREADABLE} {Aspect.XATTRS}" == "unreadable xattrs"
