"""Does a path survive the reset, by the declaration and the baselines as found?"""

from pathlib import PurePosixPath

from petrichor.model.declaration import Declaration, KeptPath, TmpfsVolume
from petrichor.model.machine import Machine
from petrichor.model.names import is_within


def kept_by(declaration: Declaration, path: PurePosixPath) -> KeptPath | None:
    """Return the deepest entry that keeps ``path`` itself or a directory above it."""
    covering = [kept for kept in declaration.kept if is_within(path, kept.path)]
    return max(covering, key=lambda kept: len(kept.path.parts), default=None)


def survives(declaration: Declaration, machine: Machine, path: PurePosixPath) -> bool:
    """Tell whether ``path`` is there after a reset: not on a volume, kept, or in the baseline."""
    volume = declaration.volume_of(path)
    if volume is None or kept_by(declaration, path) is not None:
        return True
    if isinstance(volume, TmpfsVolume):
        return False
    baseline = machine.baselines.get(volume.mountpoint)
    return baseline is not None and path in baseline.present
