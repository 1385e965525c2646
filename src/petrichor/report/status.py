"""The verdict after boot, as JSON and as one screen of text."""

import json
from typing import Any, Final

from petrichor.model.status import KeptState, KeptStatus, LossStatus, Status, VolumeStatus
from petrichor.model.text import show
from petrichor.report.cells import amount_text

VERSION: Final = 1
"""The version of the JSON form; it rises when a reader could misread the new one."""


def status_record(status: Status) -> dict[str, Any]:
    """Return the verdict as plain data; paths that are not UTF-8 hold surrogate escapes."""
    return {
        "version": VERSION,
        "boot": status.boot,
        "time": status.time,
        "good": status.is_good,
        "volumes": [_volume(item) for item in status.volumes],
        "kept": [_kept(item) for item in status.kept],
        "loss": None if status.loss is None else _loss(status.loss),
    }


def status_json(status: Status) -> str:
    """Return the verdict as JSON text."""
    return json.dumps(status_record(status), indent=1) + "\n"


def _volume(item: VolumeStatus) -> dict[str, str]:
    return {
        "mountpoint": str(item.mountpoint),
        "backend": item.backend,
        "state": str(item.state),
        "detail": item.detail,
    }


def _kept(item: KeptStatus) -> dict[str, str]:
    return {
        "path": str(item.path),
        "source": str(item.source),
        "state": str(item.state),
        "detail": item.detail,
    }


def _loss(item: LossStatus) -> dict[str, int | str]:
    return {
        "count": item.count,
        "size": item.size,
        "unread": item.unread,
        "detail": item.detail,
    }


def status_text(status: Status) -> str:
    """Return the verdict as text: every volume, and of the kept paths those that are amiss."""
    lines = [f"boot {status.boot}, seen {status.time}"]
    width = max((len(show(item.mountpoint)) for item in status.volumes), default=0)
    for volume in status.volumes:
        where = show(volume.mountpoint).ljust(width)
        detail = f"  ({volume.detail})" if volume.detail else ""
        lines.append(f"{where}  {volume.backend:9}  {str(volume.state).upper()}{detail}")
    good = sum(item.is_good for item in status.kept)
    lines.append(f"kept paths: {good} of {len(status.kept)} show their store")
    amiss = [item for item in status.kept if item.state is not KeptState.PRESENT]
    lines += [f"  {show(item.path)}: {item.state}: {item.detail}" for item in amiss]
    lines += [f"lost at the next reset: {_loss_text(status.loss)}"] if status.loss else []
    return "\n".join(lines) + "\n"


def _loss_text(loss: LossStatus) -> str:
    if loss.detail:
        return f"not known: {loss.detail}"
    unread = f", and {loss.unread:,} could not be read" if loss.unread else ""
    amount = amount_text(loss.count, loss.size) if loss.count else "nothing"
    return f"{amount}{unread}"
