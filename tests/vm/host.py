"""The host's side: starting processes, the tools the ring needs, and where things lie."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parents[2]
TOOLS: Final = {
    "qemu-system-x86_64": ("qemu-system-x86", "ipxe-qemu", "seabios"),
    "qemu-img": ("qemu-utils",),
    "mmdebstrap": ("mmdebstrap",),
    "cpio": ("cpio",),
    "tar": ("tar",),
    "unshare": ("util-linux",),
    "mount": ("mount",),
    "nix-instantiate": ("nix-bin",),
}
_say = threading.Lock()


class RingError(Exception):
    """The ring itself cannot go on; its text says why."""


def say(text: str) -> None:
    """Print one line, whole, whichever thread asks."""
    with _say:
        print(text, flush=True)


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k.endswith(("_proxy", "_PROXY")) or k == "HOME"}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**kept, "PATH": path, "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def run(argv: Sequence[str | Path], *, cwd: Path | None = None, log: Path | None = None) -> str:
    """Run a command and return its standard output; raise RingError with all it said."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if log else subprocess.PIPE,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    if log:
        log.write_text(text)
    if done.returncode:
        said = text if log else text + done.stderr.decode(errors="replace")
        raise RingError(f"{shlex.join(words)}: exit {done.returncode}\n{said[-3000:]}")
    return text


def start(argv: Sequence[str | Path], output: Path) -> subprocess.Popen[bytes]:
    """Start a command that runs on; what it says goes to a file."""
    with output.open("wb") as out:
        return subprocess.Popen(
            [str(word) for word in argv],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )


def install_tools() -> None:
    """Install what is missing of the host's tools, and say what."""
    os.environ["PATH"] = _environment()["PATH"] + ":" + os.environ.get("PATH", "")
    wanted = [p for tool, packages in TOOLS.items() if not shutil.which(tool) for p in packages]
    if not Path(KEYRING).exists():
        wanted.append("debian-archive-keyring")
    if not wanted:
        return
    if not shutil.which("apt-get"):
        raise RingError(f"no apt-get here; by other means install: {' '.join(wanted)}")
    say(f"vm: installing {' '.join(wanted)}")
    install = ["apt-get", "-qy", "-o", "DPkg::Lock::Timeout=600", "--no-install-recommends"]
    try:
        run([*install, "install", *wanted])
    except RingError:
        run(["apt-get", "-q", "update"])
        run([*install, "install", *wanted])


KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirror() -> str:
    """Return the Debian archive that this machine's own apt uses."""
    fields = "$(ORIGIN)\t$(LABEL)\t$(COMPONENT)\t$(SITE)"
    found = run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"])
    for line in found.splitlines():
        origin, label, component, site = line.split("\t")
        if (origin, label, component) == ("Debian", "Debian", "main"):
            return site
    raise RingError("apt knows no Debian archive here: run `apt-get update` with one configured")


def enter_namespace() -> None:
    """Run the rest in mount and process namespaces of its own.

    However the ring ends, also by SIGKILL, the kernel then ends every process it started and drops
    its mounts; loop devices set up by mount detach with them.
    """
    if os.environ.get("PETRICHOR_VM_NAMESPACE") == str(os.getppid()) or os.getpid() == 1:
        return
    command = [
        "unshare", "--mount", "--propagation", "private",
        "--pid", "--fork", "--kill-child", "--mount-proc",
        sys.executable, "-m", "tests.vm", *sys.argv[1:],
    ]  # fmt: skip
    os.chdir(REPO)
    os.execvp("unshare", command)


def proxies() -> list[str]:
    """Return the lines of this machine's apt configuration that say how to reach an archive."""
    dump = run(["apt-config", "dump", "Acquire::http", "Acquire::https"])
    return [line for line in dump.splitlines() if "::Proxy" in line and '""' not in line]
