"""ZFS volumes: a dataset that returns to a snapshot.

Every sequence runs on an unmounted dataset: rolling back a mounted one can hold the mount table
for minutes (openzfs/zfs#15012) and breaks open files.
"""

from collections.abc import Mapping
from typing import Final

from petrichor.model.declaration import Reset, ZfsVolume
from petrichor.model.plan import MountPlan, Ordering
from petrichor.model.steps import ResetPlan, RetiredPath, Role, Step

NOT_INHERITED: Final = frozenset(
    {
        *("canmount", "mountpoint"),
        *("encryption", "keyformat", "keylocation", "pbkdf2iters"),
        *("reservation", "refreservation"),
    }
)
"""Properties that a clone is not made with: its mount is ours to say, its encryption follows the
origin, and space that the retired dataset still reserves would be reserved twice and fill the
pool; the check after boot moves it."""


def container(volume: ZfsVolume) -> str:
    """Return the dataset below which retired ones are kept.

    It lies beside the volume: a dataset cannot be renamed out of its encryption root, and one
    kept below the volume would be carried away with it.
    """
    return f"{volume.dataset.rpartition('/')[0]}/retired"


def retired_stem(volume: ZfsVolume) -> str:
    """Return what a retired dataset's name begins with."""
    return volume.dataset.rpartition("/")[2]


def under_way(volume: ZfsVolume) -> str:
    """Return the fixed name of a successor until it takes the volume's place.

    A reset that was cut off is found by this name; it holds nothing that anybody wrote.
    """
    return f"{container(volume)}/{retired_stem(volume)}"


def reset_plan(volume: ZfsVolume, properties: Mapping[str, str]) -> ResetPlan:
    """Return how the dataset comes back to its baseline.

    ``properties`` are those set locally on it now; the successor is made with them.
    """
    if volume.reset is Reset.ROLLBACK:
        return ResetPlan(steps=(_rollback(volume),))
    back = ("rename", "-u", RetiredPath(f"{under_way(volume)}-"), volume.dataset)
    return ResetPlan(
        steps=tuple(_retire(volume, properties)),
        cleanup=(Step("zfs", back, "without a successor the old content takes its place again"),),
    )


def _rollback(volume: ZfsVolume) -> Step:
    return Step(
        "zfs",
        ("rollback", "-r", volume.snapshot),
        "return to the baseline",
        destroys=f"all that {volume.dataset} holds beyond {volume.snapshot}",
    )


def _retire(volume: ZfsVolume, properties: Mapping[str, str]) -> list[Step]:
    """Make a successor from the baseline, then let the two change places.

    The power may fail between any two steps: what was done already fails at the next boot and is
    passed over.  A step that fails for another reason leaves the machine its old content to boot
    with: either nothing was moved yet, or the cleanup moves it back.  The successor gets the
    baseline only when the old dataset has its place among the retired ones: an encryption root
    gives the key away with it, and cannot be moved after that.
    """
    live, successor = volume.dataset, under_way(volume)
    parent = container(volume)
    make_parent = ("create", "-p", "-o", "canmount=off", "-o", "mountpoint=none", parent)
    clone = ("clone", *_options(properties), volume.snapshot, successor)
    baseline = f"{successor}@{volume.baseline}"
    return [
        Step("zfs", make_parent, "where retired datasets are kept", Role.RESUME),
        Step("zfs", clone, "make a successor from the baseline", Role.RESUME),
        _proof(successor, "there is a successor"),
        Step("zfs", ("rename", "-u", live, RetiredPath(f"{successor}-")), "set the dataset aside",
             Role.RESUME),
        Step("zfs", ("promote", successor), "give the baseline to the successor", Role.RESUME),
        _proof(baseline, "the successor owns the baseline", "snapshot"),
        Step("zfs", ("rename", "-u", successor, live), "put the successor in its place"),
    ]  # fmt: skip


def _proof(name: str, why: str, kind: str = "filesystem") -> Step:
    return Step("zfs", ("list", "-H", "-o", "name", "-t", kind, name), why, Role.PROOF)


def _options(properties: Mapping[str, str]) -> list[str]:
    """Return ``-o`` options: the mount is fixed, what the owner set locally goes with it.

    Our own marks say something about one dataset, and not about its successor.
    """
    words = ["-o", "mountpoint=legacy"]
    for name, value in sorted(properties.items()):
        if name not in NOT_INHERITED and not name.startswith("petrichor:"):
            words += ["-o", f"{name}={value}"]
    return words


def mount_plan(volume: ZfsVolume) -> MountPlan:
    """Return how the volume is mounted."""
    return MountPlan(where=volume.mountpoint, what=volume.dataset, type="zfs")


def ordering(volume: ZfsVolume) -> Ordering:
    """Return what must have happened before the dataset can be touched.

    The pool's import and, where it is encrypted, the key.  The names of all targets stand side
    by side: ordering after a unit that does not exist costs nothing.
    """
    pool = (f"zfs-import-{volume.pool}.service", "zfs-import.target")
    keys = ("zfs-load-key.service", f"zfs-load-key-{volume.pool}.service")
    return Ordering(after=(*pool, *keys, "dracut-pre-mount.service"), wants=pool)


def assets(volume: ZfsVolume) -> tuple[str, ...]:
    """Return the tools that must be in the initrd."""
    return ("zfs",)
