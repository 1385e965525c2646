"""What a switch to another NixOS configuration finds: the units of the boot are left alone, and
one unit, which runs at every switch and at no boot, follows the declaration.

The keys with ``X-`` are read by NixOS's switch-to-configuration; systemd passes over them.
"""

from collections.abc import Iterable, Mapping

from petrichor.plan.boot import BootPlan
from petrichor.render.after import DECLARATION
from petrichor.render.escape import mounts_word
from petrichor.render.target import Target
from petrichor.render.unit import dropin, section, unit_text

SWITCH_UNIT = "petrichor-apply.service"
_TARGET = "sysinit-reactivation.target"
"""It is restarted by every switch, before any service that is new or changed."""


def switch_units(plan: BootPlan, target: Target, names: Iterable[str]) -> Mapping[str, str]:
    """Return what makes the services ``names`` stay as they are, and the unit that follows."""
    services = [name for name in names if name.endswith(".service")]
    return {
        SWITCH_UNIT: _follow(plan, target),
        f"{_TARGET}.d/petrichor.conf": dropin(wants=[SWITCH_UNIT]),
        **{f"{name}.d/switch.conf": _STAYS for name in services},
    }


_STAYS = unit_text(
    section("Unit", [("X-StopOnRemoval", "false")]),
    section("Service", [("X-RestartIfChanged", "false")]),
)
"""No reset runs again, nor the mounts of the boot, which would hide what is new below them."""


def _follow(plan: BootPlan, target: Target) -> str:
    config = target.files / DECLARATION
    command = f"{target.tool('petrichor')} apply --live --yes --config {config}"
    stores = sorted({*plan.initrd_keep.stores_needed, *plan.system_keep.stores_needed})
    return unit_text(
        section(
            "Unit",
            [
                ("Description", "Keep what is newly declared, and no longer what is not"),
                ("Documentation", "man:petrichor(8)"),
                ("DefaultDependencies", "no"),
                ("RequiresMountsFor", " ".join(mounts_word(str(path)) for path in stores)),
                ("After", "local-fs.target userborn.service systemd-sysusers.service"),
                ("Before", f"systemd-tmpfiles-resetup.service {_TARGET}"),
            ],
        ),
        section("Service", [("Type", "oneshot"), ("ExecStart", command)]),
    )
