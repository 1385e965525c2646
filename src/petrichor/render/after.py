"""The service that looks, after boot, whether the machine really forgot and kept."""

from petrichor.render.target import Target
from petrichor.render.unit import section, unit_text

BOOT_UNIT = "petrichor-boot.service"
DECLARATION = "declaration.json"


def boot_text(target: Target) -> str:
    """Return ``petrichor-boot.service``: off the critical path, at low priority.

    It reads the declaration that this boot was rendered from, which may be older than the file
    in ``/etc``.  The type is ``exec``: a target waits for the start of what it wants, and the boot
    must not wait for more.
    """
    command = f"{target.tool('petrichor')} boot --config {target.files / DECLARATION}"
    return unit_text(
        section(
            "Unit",
            [
                ("Description", "Prove that the volumes were reset and the kept paths are there"),
                ("Documentation", "man:petrichor(8)"),
                ("After", "local-fs.target systemd-machine-id-commit.service"),
            ],
        ),
        section(
            "Service",
            [
                ("Type", "exec"),
                ("RemainAfterExit", "yes"),
                ("ExecStart", command),
                ("Nice", "10"),
                ("IOSchedulingClass", "idle"),
            ],
        ),
    )
