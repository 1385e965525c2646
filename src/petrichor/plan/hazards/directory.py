"""Hazards of directory volumes: what is set aside by renaming must be one plain directory."""

from collections.abc import Iterator

from petrichor.model.declaration import Declaration, DirectoryVolume
from petrichor.model.finding import Finding, error
from petrichor.model.machine import Machine
from petrichor.model.text import show


def directory_hazards(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """Yield what is wrong with each directory volume."""
    for volume in declaration.volumes:
        if isinstance(volume, DirectoryVolume):
            yield from _volume(volume, machine)


def _volume(volume: DirectoryVolume, machine: Machine) -> Iterator[Finding]:
    subject = show(volume.directory)
    facts = machine.files.get(volume.directory)
    if facts is None:
        why = "there is nothing to mount until the reset unit has made it"
        yield error("volume-missing", subject, "does not exist", why, "run petrichor init")
    elif not facts.is_directory:
        why = "it cannot be set aside and made anew: what it leads to would stay as it is"
        yield error("volume-kind", subject, "is no directory", why, "name a plain directory")
