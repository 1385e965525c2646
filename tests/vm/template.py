"""The ZFS template on the ring's machine, with stand-ins for what NixOS does around the module.

They are: the unit that imports the pool, the initrd's fstab, links to the units of packages, the
target that a switch restarts, and a store in which a program is a link to Debian's.
"""

import dataclasses
import io
import re
import shutil
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from tests.nix.nix import evaluate
from tests.vm import cpio, host
from tests.vm.image import Image
from tests.vm.machine import Boot
from tests.vm.subject import HERE, Subject, in_initrd, render

OUTPUTS: Final = {"initrd": "/nix/store/i", "system": "/nix/store/s"}
"""Where the outputs of the boot path lie; the evaluation names them so."""
LINKS: Final = "/etc/systemd/system"
EARLY: Final = ("/", "/nix", "/usr")
"""What NixOS mounts in the initrd without being told."""
IMPORT: Final = "zfs-import-rpool.service"
SWITCH: Final = "sysinit-reactivation.target"
USR: Final = {"options": {"mountpoint": "legacy"}}
"""The dataset that a Debian needs and the template has not."""


def evaluated(lib: str) -> dict[str, Any]:
    """Return what Nix makes of the template, with a lib that has a module system."""
    if shutil.which("nix-instantiate") is None:
        raise host.RingError("nix-instantiate is not installed: Debian has it in nix-bin")
    found: dict[str, Any] = evaluate(f"import ./tests/vm/guest/nixos.nix {lib}")
    if found["failed"]:
        raise host.RingError(f"the template is refused: {'; '.join(found['failed'])}")
    return found


class Template(Subject):
    """A machine whose boot path is rendered from what Nix evaluated."""

    file = "petrichor.json"

    def __init__(self, image: Image, place: Path, found: dict[str, Any]) -> None:
        self.found = found
        super().__init__(image, place, found["env"]["declaration"], backend="zfs")
        self.cmdline = " ".join(["root=fstab", *found["kernelParams"]])
        self.extra = [*self._initrd(), *in_initrd()]

    def render(self, output: Path) -> Path:
        """Render as the module's builder does: with its tools, for its outputs."""
        accounts = output.with_name("accounts")
        (accounts / "etc").mkdir(parents=True)
        for name in ("passwd", "group"):
            (accounts / "etc" / name).write_text(self.found["env"][name])
        return render(
            accounts, self.declaration, output, "--target", "nixos",
            "--files", f"{OUTPUTS['system']}/share/petrichor",
            "--initrd-files", f"{OUTPUTS['initrd']}/share/petrichor",
            *(word for tool in self._tools() for word in ("--tool", tool)),
        )  # fmt: skip

    def content(self) -> dict[str, bytes]:
        """Return what the installer fills the disk with: layout, store, and what is in /etc."""
        petrichor = dict(tool.split("=") for tool in self._tools())["petrichor"]
        store = [
            *cpio.tree(self.rendered / "system", OUTPUTS["system"]),
            cpio.link(petrichor, "/usr/bin/petrichor"),
        ]
        etc = [
            cpio.file("/etc/fstab", self._fstab()),
            cpio.file("/etc/petrichor/petrichor.json", self.declaration.read_text()),
            cpio.file(f"{LINKS}/{SWITCH}", "[Unit]\nDescription=What a switch restarts\n"),
            *links(self.rendered, "system"),
        ]
        files = super().content()
        del files["declaration.toml"]
        return files | {
            "layout.sh": layout(self.found["datasets"] | {"usr": USR}).encode(),
            "nix.fill": tar((entry.path.removeprefix("nix/"), entry) for entry in store),
            "persist.fill": tar((f"root/{entry.path}", entry) for entry in etc),
        }

    def live(self, number: int, *, initrd: str = "", extra: Sequence[cpio.Entry] = ()) -> Boot:
        """Boot once as other machines do, and note which units lie there."""
        job = self.job("life", initrd=initrd or "initrd-units", NUMBER=str(number))
        script = job.script + (HERE / "jobs/system-units.sh").read_text()
        return self.boot(dataclasses.replace(job, script=script), extra=extra)

    def _tools(self) -> list[str]:
        return re.findall(r"--tool (\S+)", self.found["text"])

    def _initrd(self) -> Iterator[cpio.Entry]:
        """Yield what NixOS would put into the initrd: of tools, only what the module asked for."""
        yield from cpio.tree(HERE / "guest/nixos")
        yield from cpio.tree(self.rendered / "initrd", OUTPUTS["initrd"])
        yield from links(self.rendered, "initrd")
        for path in self.found["storePaths"]:
            if path not in OUTPUTS.values():
                yield cpio.link(path, f"/usr/bin/{PurePosixPath(path).name}")
        yield cpio.file("/nix/store/initrd-fstab", self._fstab("x-initrd.mount"))
        mounts = [name for point in self._early() for name in mount_units(point)]
        order = f"[Unit]\nBefore={' '.join(mounts)}\n"
        yield cpio.file(f"{LINKS}/{IMPORT}.d/mounts.conf", order)
        for unit in ("zfs-import.target", *mounts):
            yield cpio.link(f"{LINKS}/{unit}.requires/{IMPORT}", f"{LINKS}/{IMPORT}")

    def _early(self) -> list[str]:
        systems = self.found["fileSystems"]
        return [point for point in systems if point in EARLY or systems[point]["neededForBoot"]]

    def _fstab(self, *more: str) -> str:
        """Return an fstab of what the initrd mounts."""
        lines = []
        for point in self._early():
            system = self.found["fileSystems"][point]
            options = ",".join([*system["options"], *more])
            lines.append(f"{system['device']} {point} {system['fsType']} {options} 0 0\n")
        return "".join(lines)


def mount_units(point: str) -> list[str]:
    """Return the units that mount a mount point in the initrd: systemd-fstab-generator(8)."""
    name = "-".join(["sysroot", *point.strip("/").split("/")]).rstrip("-")
    return [f"{name}.mount", *(["sysusr-usr.mount"] if point == "/usr" else [])]


def units(output: Path) -> list[str]:
    """Return the units and drop-ins of an output, from below its directory of units."""
    top = output / "lib/systemd/system"
    return [str(path.relative_to(top)) for path in sorted(top.rglob("*")) if path.is_file()]


def links(rendered: Path, part: str) -> Iterator[cpio.Entry]:
    """Yield a link to each unit of an output, where systemd looks: `systemd.packages`."""
    for name in units(rendered / part):
        yield cpio.link(f"{LINKS}/{name}", f"{OUTPUTS[part]}/lib/systemd/system/{name}")


def layout(datasets: Mapping[str, Any]) -> str:
    """Return what disko does with the template's datasets, as shell that may run again."""
    lines = []
    for name, dataset in datasets.items():
        options = " ".join(f"-o {key}={value}" for key, value in dataset["options"].items())
        exists = f"zfs list rpool/{name} >/dev/null 2>&1"
        lines.append(f"{exists} || zfs create -u {options} rpool/{name}\n")
        lines.append(dataset.get("postCreateHook", ""))
    return "".join(lines)


def tar(entries: Iterable[tuple[str, cpio.Entry]]) -> bytes:
    """Return entries as a tar, each under the name that comes with it."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for name, entry in entries:
            member = tarfile.TarInfo(name)
            if stat.S_ISLNK(entry.mode):
                member.type, member.linkname = tarfile.SYMTYPE, entry.data.decode()
                archive.addfile(member)
            else:
                member.mode, member.size = stat.S_IMODE(entry.mode), len(entry.data)
                archive.addfile(member, io.BytesIO(entry.data))
    return memory.getvalue()
