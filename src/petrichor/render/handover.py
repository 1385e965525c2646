"""What the initrd hands over to the real system: its units, in ``/run``.

A root that was just emptied holds no units of ours, and must not have to.  ``/run`` outlives the
switch of the root, and systemd reads units there.
"""

from petrichor.render.target import Target
from petrichor.render.unit import section, unit_text

UNITS = "handover/units"
FILES = "handover/files"


def handover_text(target: Target) -> str:
    """Return the unit that copies the real system's units and files to ``/run``."""
    source = target.initrd_files
    copy = target.tool("cp")
    return unit_text(
        section(
            "Unit",
            [
                ("Description", "Hand the kept paths' units over to the real system"),
                ("DefaultDependencies", "no"),
                ("ConditionPathExists", "/etc/initrd-release"),
                ("Before", "initrd.target initrd-switch-root.target initrd-cleanup.service"),
            ],
        ),
        section(
            "Service",
            [
                ("Type", "oneshot"),
                ("RemainAfterExit", "yes"),
                ("ExecStart", f"{target.tool('mkdir')} -p /run/systemd/system {target.files}"),
                ("ExecStart", f"{copy} -r {source}/{UNITS}/. /run/systemd/system"),
                ("ExecStart", f"{copy} -r {source}/{FILES}/. {target.files}"),
            ],
        ),
    )
