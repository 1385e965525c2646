"""The machines that are compared: the same binds, kept by Petrichor or by one mount unit each.

The mount units are those that the NixOS modules `environment.persistence` and `preservation`
generate: no default dependencies, `Type=none`, `Options=bind,x-gvfs-hide`, wanted by and before
`local-fs.target`. The volume is the same tmpfs in both, the store is the same folder.
"""

from pathlib import Path
from typing import Final

from petrichor.model.names import unit_of
from tests.root.harness.boot import Machine
from tests.root.harness.rendered import FILES, UNITS, files_below, render

STORE: Final = "/persist/store"
VOLUME: Final = "/srv"
WAYS: Final = ("petrichor", "mount units")

MOUNT_UNIT: Final = """\
[Unit]
DefaultDependencies=no
Before=local-fs.target

[Mount]
What={what}
Where={where}
Type=none
Options=bind,x-gvfs-hide
"""


def names(count: int) -> list[str]:
    """Kept paths in ten folders, as state lies in /var/lib, /var/cache and so on."""
    return [f"{VOLUME}/{number % 10}/kept-{number:04}" for number in range(count)]


def declaration(count: int) -> str:
    directories = ", ".join(f'"{name}"' for name in names(count))
    return f"""\
[volumes."{VOLUME}"]
backend = "tmpfs"
phase = "system"

[filesystems."/persist"]
type = "ext4"
device = "/dev/disk/by-label/persist"

[persistence."{STORE}"]
directories = [{directories}]
"""


def store(folder: Path, count: int) -> Path:
    """What is mounted at /persist: the kept directories exist, as on every boot but the first."""
    for name in names(count):
        (folder / STORE.removeprefix("/persist/") / name.lstrip("/")).mkdir(parents=True)
    folder.mkdir(exist_ok=True)
    return folder


def machine(way: str, count: int, folder: Path) -> Machine:
    """A machine that keeps `count` directories; `folder` is empty and stays while it boots."""
    config = folder / "petrichor.toml"
    by_units = way == "mount units"
    config.write_text(declaration(0 if by_units else count), encoding="utf-8")
    system = render(config, folder / "rendered") / "system"
    handed_over = system / FILES
    handed_over.mkdir(parents=True, exist_ok=True)
    files: dict[str, str | bytes] = dict(files_below(system / UNITS, f"/{UNITS}"))
    wants = []
    if by_units:
        for name in names(count):
            unit = unit_of(name, "mount")
            files[f"/{UNITS}/{unit}"] = MOUNT_UNIT.format(what=f"{STORE}{name}", where=name)
            wants.append(f"/{UNITS}/local-fs.target.wants/{unit}")
    return Machine(
        files=files,
        links={link: f"../{link.rsplit('/', 1)[1]}" for link in wants},
        binds={"/persist": store(folder / "persist", count), "/run/petrichor": handed_over},
        target="local-fs.target",
    )
