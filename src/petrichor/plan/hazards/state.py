"""State that a system needs and a blank root lacks: NixOS manual, Necessary system state."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import Declaration
from petrichor.model.finding import Finding, error, warning
from petrichor.model.machine import Machine
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.plan.hazards.survival import survives

MACHINE_ID: Final = PurePosixPath("/etc/machine-id")
NIXOS_STATE: Final = PurePosixPath("/var/lib/nixos")
LOG: Final = PurePosixPath("/var/log")
SSH: Final = PurePosixPath("/etc/ssh")
HOST_KEYS: Final = tuple(SSH / f"ssh_host_{kind}_key" for kind in ("ed25519", "ecdsa", "rsa"))


def state_hazards(
    declaration: Declaration, machine: Machine, config: PurePosixPath
) -> Iterator[Finding]:
    """Yield what a system misses after the reset; ``config`` is the declaration's file."""
    yield from _machine_id(declaration, machine)
    if machine.nixos and not survives(declaration, machine, NIXOS_STATE):
        why = "users and groups get other numbers, and files change their owners"
        yield error(
            "nixos-state-not-kept", str(NIXOS_STATE), "is not kept", why, _keep(NIXOS_STATE)
        )
    if machine.sshd:
        yield from _host_keys(declaration, machine)
    if not survives(declaration, machine, LOG):
        why = "the logs of the boot that went wrong are gone when you look for them"
        yield warning("log-not-kept", str(LOG), "is not kept", why, _keep(LOG))
    if not machine.nixos and not survives(declaration, machine, config):
        why = "after the reset petrichor knows nothing about this machine"
        todo = _keep(config.parent)
        yield error("declaration-not-kept", show(config), "is not kept", why, todo)


def _keep(path: PurePosixPath) -> str:
    return f"keep {show(path)}"


def _machine_id(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    words = machine.kernel.value("systemd.machine_id") if machine.kernel is not None else None
    if declaration.machine_id or words or survives(declaration, machine, MACHINE_ID):
        return
    why = "every boot is a first boot: new identity, new DHCP lease, journals nobody finds"
    todo = "set machineId in the declaration, or keep /etc/machine-id"
    yield warning("machine-id-not-kept", str(MACHINE_ID), "is not kept", why, todo)


def _host_keys(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    used = {kept.path for kept in declaration.kept if is_within(kept.path, SSH)}
    present = [path for path in HOST_KEYS if path in machine.files or path in used]
    lost = [path for path in present if not survives(declaration, machine, path)]
    if not present and not survives(declaration, machine, HOST_KEYS[0]):
        lost = [HOST_KEYS[0]]
    if lost:
        what = f"is not kept: {', '.join(path.name for path in lost)}"
        why = "sshd gets new keys at every boot, and clients warn of an attack"
        yield warning("host-keys-not-kept", str(SSH), what, why, 'add the preset "openssh"')
