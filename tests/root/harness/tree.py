"""A small Debian tree that systemd boots in, made once and kept outside the checkout.

It is of the release this machine runs and comes from where this machine's apt comes from. A tree
is found again by a digest of what went into it; one that is still being made has another name.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

PACKAGES: Final = (
    ("systemd", "systemd-sysv", "dbus", "udev", "util-linux", "mount", "coreutils", "passwd")
    + ("python3-minimal", "libpython3-stdlib")  # petrichor-boot.service runs petrichor
)
TRIMMED: Final = tuple(f"/usr/share/{name}/*" for name in ("doc", "info", "locale", "man"))
VERSION: Final = 1  # raise it when the recipe changes


def _run(*command: str, stdin: str | None = None) -> str:
    result = subprocess.run(command, input=stdin or "", text=True, capture_output=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def cache() -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "petrichor"
    return Path(os.environ.get("PETRICHOR_CACHE") or default)


def _release() -> str:
    """The release of this machine, `bookworm` on Debian 12."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    return fields["VERSION_CODENAME"].strip('"')


def apt_sources(release: str) -> list[str]:
    """Lines of sources.list for the release, updates and security, as this machine has them.

    Asked of apt itself, which knows both formats of its configuration.
    """
    wanted = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)"
    out = _run("apt-get", "indextargets", "--format", wanted, "Created-By: Packages")
    lines = set()
    for uri, suite, component, key in (line.split("|") for line in out.splitlines()):
        if component == "main" and suite in (release, f"{release}-updates", f"{release}-security"):
            signed = f"[signed-by={key}] " if key.startswith("/") else ""
            lines.add(f"deb {signed}{uri} {suite} {component}")
    if not any(f" {release} " in line for line in lines):
        raise RuntimeError(f"apt on this machine has no source for {release}")
    return sorted(lines)


def _acquire_options() -> list[str]:
    """How this machine's apt fetches: proxies, certificates, time-outs."""
    out = _run("apt-config", "dump", "Acquire").splitlines()
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::Check-Valid-Until")
    lines = [line.rstrip(";") for line in out if line.startswith(wanted) and '""' not in line]
    return [f"--aptopt={line}" for line in lines]


def tree(more: tuple[str, ...] = ()) -> Path:
    """The tree, made if it is not there yet. Nobody may write to it: boot a copy or an overlay.

    With `more` packages it is another tree, kept beside the first.

    Raises `RuntimeError` with the output of mmdebstrap.
    """
    release = _release()
    packages = sorted({*PACKAGES, *more})
    recipe = repr((VERSION, release, packages, TRIMMED))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    done = cache() / f"tree-{release}-{digest}"
    if done.is_dir():
        return done
    cache().mkdir(parents=True, exist_ok=True)
    new = done.with_name(f"{done.name}.new-{os.getpid()}")
    try:
        _run(
            "mmdebstrap", "--mode=root", "--variant=minbase", "--quiet",
            f"--include={','.join(packages)}",
            '--aptopt=APT::Install-Recommends "false"', *_acquire_options(),
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in TRIMMED),
            release, str(new), "-",
            stdin="".join(f"{line}\n" for line in apt_sources(release)),
        )  # fmt: skip
        # A tree must not bring a machine id: each boot is the first of its own machine.
        (new / "etc/machine-id").write_text("uninitialized\n", encoding="ascii")
        new.rename(done)
    except OSError:
        if not done.is_dir():  # another run was faster: its tree is as good
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return done
