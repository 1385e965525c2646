"""A machine with dracut around this very process: what `apply` writes to goes nowhere else.

The mounts are made in the namespace of the ring.  The dracut among them packs what the module holds,
as the real one would as far as that goes, in a hundredth of a second.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from petrichor.system.command import SystemRunner
from petrichor.system.initrd import read_initrd

MODULE: Final = Path("/usr/lib/dracut/modules.d/90petrichor")
INITRD: Final = Path("/boot/initrd.img-1.0")
_WRITTEN: Final = ("/usr/lib", "/etc")
_EMPTY: Final = ("/boot", "/usr/local/sbin", "/run/systemd")
_DRACUT: Final = f"""\
#!/bin/sh
cd {MODULE}/initrd
find . | cpio --quiet -o -H newc >/boot/new && mv /boot/new {INITRD}
"""
_TOOLS: Final = {"dracut": _DRACUT, "systemctl": "#!/bin/sh\n"}


@contextmanager
def machine_with_dracut(folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        for number, place in enumerate(_WRITTEN):
            upper, work = (folder / f"{name}{number}" for name in ("upper", "work"))
            upper.mkdir()
            work.mkdir()
            options = f"lowerdir={place},upperdir={upper},workdir={work}"
            _mount(stack, place, "overlay", options)
        for place in _EMPTY:
            _mount(stack, place, "tmpfs", "mode=0755")
        for name, text in _TOOLS.items():
            tool = Path("/usr/local/sbin", name)
            tool.write_text(text)
            tool.chmod(0o755)
        for folders in ("/usr/lib/modules/1.0", MODULE.parent, "/etc/dracut.conf.d"):
            Path(folders).mkdir(parents=True)
        Path("/usr/lib/modules/1.0/modules.dep").touch()
        yield


def _mount(stack: ExitStack, place: str, kind: str, options: str) -> None:
    subprocess.run(["mount", "-t", kind, kind, "-o", options, place], check=True)
    stack.callback(subprocess.run, ["umount", "--lazy", place], check=True)


def without_apply() -> None:
    """As before the first apply."""
    shutil.rmtree(MODULE, ignore_errors=True)
    Path("/etc/dracut.conf.d/petrichor.conf").unlink(missing_ok=True)
    INITRD.unlink(missing_ok=True)
    for top in ("/run/systemd", "/run/petrichor"):
        for path in Path(top).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def wanted() -> set[str]:
    """What the module says that goes into the initrd."""
    tree = MODULE / "initrd"
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}


def built() -> set[str]:
    """What the initrd holds; nothing if there is none yet."""
    if not INITRD.exists():
        return set()
    return set(read_initrd(SystemRunner(), INITRD, lambda _: False).names)
