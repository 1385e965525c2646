"""Volumes are opened for a look at their loss: the one place that picks how it is found."""

import os
from contextlib import ExitStack

from petrichor.act.views import EmptyView, View, WalkView
from petrichor.model.declaration import (
    BtrfsVolume,
    DirectoryVolume,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.errors import MachineError
from petrichor.model.mount import Mount
from petrichor.model.text import show
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume
from petrichor.system.command import Runner
from petrichor.system.detached import open_filesystem


def open_view(
    stack: ExitStack, volume: Volume, mount: Mount, runner: Runner, *, begin: bool = False
) -> View:
    """Open a volume for as long as ``stack`` is; ``mount`` is where it is mounted now.

    With ``begin``, which is for those who want its whole loss, a copy of this process does ahead
    what can be done so.

    Raises:
        MachineError: it cannot be looked into.
        PrivilegeError: this needs root.
    """
    top = os.fsencode(volume.mountpoint)
    match volume:
        case BtrfsVolume():
            device = mount.source if mount.source.startswith("/") else volume.device
            subvolumes = os.fsencode(volume.subvolume), os.fsencode(volume.baseline)
            return open_btrfs(stack, device, subvolumes, top, begin=begin)
        case ZfsVolume():
            from petrichor.act.losing_zfs import open_zfs

            return open_zfs(stack, volume, top, runner)
        case TmpfsVolume() | DirectoryVolume():
            return WalkView(stack.enter_context(open_volume(volume.mountpoint)), top)


def open_btrfs(
    stack: ExitStack,
    device: str,
    subvolumes: tuple[bytes, bytes],
    top: bytes,
    *,
    begin: bool = False,
) -> View:
    """Open a subvolume beside its baseline, both by their paths from the top level.

    From there no mount is in the way of either tree.

    Raises:
        MachineError: one of them cannot be looked into.
        PrivilegeError: this needs root.
    """
    level = stack.enter_context(open_filesystem("btrfs", device, {"subvolid": "5"}))
    live = open_below(stack, level, subvolumes[0], "the subvolume")
    baseline = open_below(stack, level, subvolumes[1], "the baseline")
    if not os.listdir(baseline):
        return EmptyView(live, baseline, top)
    from petrichor.act.losing_btrfs import BtrfsView

    view = BtrfsView(live, baseline, top)
    if begin:
        view.begin(stack)
    return view


def open_below(stack: ExitStack, level: int, path: bytes, what: str) -> int:
    """Open a directory below another one for as long as ``stack`` is.

    Raises:
        MachineError: it is not there, or cannot be opened.
    """
    try:
        descriptor = open_beneath(level, path, DIRECTORY)
    except OSError as error:
        message = f"{what} {show(os.fsdecode(path))} cannot be opened: {error.strerror}"
        raise MachineError(message, hint="petrichor check says what is missing") from error
    stack.callback(os.close, descriptor)
    return descriptor
