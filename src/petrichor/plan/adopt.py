"""What adopting does for one kept path: a table over what stands on the volume and in the store."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from petrichor.model.declaration import Kind


class Stands(StrEnum):
    """What stands at a path, on the volume beneath all mounts or in the store."""

    ABSENT = "nothing"
    EMPTY_DIRECTORY = "an empty directory"
    EMPTY_FILE = "an empty file"
    DIRECTORY = "a directory"
    FILE = "a file"
    LINK = "a link"
    MOUNT = "a mount of something else"
    OTHER = "neither a file nor a directory"


class Take(StrEnum):
    """Whose content stays when the two sides differ; the other's is set aside, never deleted."""

    VOLUME = "volume"
    STORE = "store"


class Adopting(StrEnum):
    """What is to be done before a kept path is mounted, or why nothing is."""

    SHOWN = "shown"
    """The path shows the store already."""
    MOUNT = "mount"
    """There is nothing to copy."""
    COPY = "copy"
    """The store has nothing: the volume's content is copied there."""
    REPLACE = "replace"
    """The store has only something empty: the copy takes its place."""
    COMPARE = "compare"
    """Both sides hold something: whether it is the same decides."""
    TAKE_VOLUME = "take volume"
    """The store's content is set aside, the volume's is copied."""
    TAKE_STORE = "take store"
    """The volume's content is copied aside, the store's is mounted over it."""
    IN_USE = "in use"
    """Refused: the path shows the store already, which holds something else than is to come."""
    DIFFERENT = "different"
    """Refused: both sides hold something, and nobody said which is to stay."""
    VOLUME_UNFIT = "volume unfit"
    """Refused: what stands on the volume is not what is declared."""
    STORE_UNFIT = "store unfit"
    """Refused: what stands in the store is not what is declared."""


REFUSALS: Final = frozenset(
    {Adopting.IN_USE, Adopting.DIFFERENT, Adopting.VOLUME_UNFIT, Adopting.STORE_UNFIT}
)

_EMPTY: Final = {Kind.DIRECTORY: Stands.EMPTY_DIRECTORY, Kind.FILE: Stands.EMPTY_FILE}
_FULL: Final = {Kind.DIRECTORY: Stands.DIRECTORY, Kind.FILE: Stands.FILE}

_FITTING: Final[Mapping[tuple[str, str], Adopting]] = {
    # volume, store
    ("absent", "absent"): Adopting.MOUNT,
    ("absent", "empty"): Adopting.MOUNT,
    ("absent", "full"): Adopting.MOUNT,
    ("empty", "absent"): Adopting.COPY,  # for its owner and mode
    ("empty", "empty"): Adopting.MOUNT,
    ("empty", "full"): Adopting.MOUNT,
    ("full", "absent"): Adopting.COPY,
    ("full", "empty"): Adopting.REPLACE,
    ("full", "full"): Adopting.COMPARE,
}


def adopting(
    kind: Kind,
    volume: Stands,
    store: Stands,
    *,
    shown: bool,
    same: bool | None = None,
    take: Take | None = None,
) -> Adopting:
    """Decide about one kept path of ``kind``.

    ``shown`` says that the path shows the store already; ``same`` is how the two sides compare,
    None as long as nobody looked; ``take`` is what the owner chose for sides that differ.
    """
    if shown:
        return Adopting.SHOWN
    fits = {Stands.ABSENT: "absent", _EMPTY[kind]: "empty", _FULL[kind]: "full"}
    if store not in fits:
        return Adopting.STORE_UNFIT
    if volume not in fits:
        return Adopting.VOLUME_UNFIT
    found = _FITTING[fits[volume], fits[store]]
    if found is not Adopting.COMPARE or same is None:
        return found
    if same:
        return Adopting.MOUNT
    chosen = {Take.VOLUME: Adopting.TAKE_VOLUME, Take.STORE: Adopting.TAKE_STORE}
    return Adopting.DIFFERENT if take is None else chosen[take]
