"""What a system cannot do without."""

from dataclasses import replace

import pytest

from petrichor.model.declaration import Declaration, Kind
from petrichor.model.machine import Machine
from petrichor.plan.hazards.state import state_hazards
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import (
    CONFIG,
    DECLARATION,
    MACHINE,
    P,
    kept,
    with_files,
    with_kept,
    without_kept,
    words,
)

KEY = P("/etc/ssh/ssh_host_ed25519_key")
RSA = P("/etc/ssh/ssh_host_rsa_key")


def only(*paths: str) -> Declaration:
    """Keep these files and /var/log, and not /etc."""
    more = tuple(kept(path, Kind.FILE) for path in paths)
    return replace(DECLARATION, kept=(*without_kept("/etc").kept, *more))


NEEDED = ("/etc/machine-id", str(CONFIG), str(KEY))
NO_ROOT = replace(DECLARATION, volumes=DECLARATION.volumes[1:], kept=())
NIXOS = replace(MACHINE, nixos=True)

CASES: list[Case] = [
    ("nothing", DECLARATION, MACHINE, []),
    ("the least", only(*NEEDED), MACHINE, []),
    ("root is no volume", NO_ROOT, MACHINE, []),
    ("no machine id", only(*NEEDED[1:]), MACHINE, ["warning machine-id-not-kept"]),
    ("machine id declared", replace(only(*NEEDED[1:]), machine_id="0" * 32), MACHINE, []),
    ("on the command line", only(*NEEDED[1:]), words(f"systemd.machine_id={'0' * 32}"), []),
    ("no declaration", only(NEEDED[0], NEEDED[2]), MACHINE, ["error declaration-not-kept"]),
    ("no log", without_kept("/var/log"), MACHINE, ["warning log-not-kept"]),
    ("no key", only(*NEEDED[:2]), MACHINE, ["warning host-keys-not-kept"]),
    ("no sshd", only(*NEEDED[:2]), replace(MACHINE, sshd=False), []),
    ("no key yet", only(*NEEDED), with_files({KEY: None}), []),
    (
        "another key",
        only(*NEEDED),
        with_files({RSA: MACHINE.files[KEY]}),
        ["warning host-keys-not-kept"],
    ),
    ("ids", DECLARATION, NIXOS, ["error nixos-state-not-kept"]),
    ("ids kept", with_kept(kept("/var/lib")), NIXOS, []),
    ("NixOS makes the file", replace(only(NEEDED[0], NEEDED[2]), volumes=()), NIXOS, []),
]


def rule(declaration: Declaration, machine: Machine):
    return state_hazards(declaration, machine, CONFIG)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_state(case: Case) -> None:
    check(rule, case)
