"""Someone must be able to get in."""

from dataclasses import replace

import pytest

from petrichor.model.accounts import Account, Accounts
from petrichor.model.machine import Baseline, Machine
from petrichor.plan.hazards.login import has_shell, login_hazards
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import ALICE, DECLARATION, MACHINE, P, file, without_kept

KEYS = P("/home/alice/.ssh/authorized_keys")
LOST = without_kept("/etc")
ALL_LOST = without_kept("/etc", "/home/alice/.ssh")


def user(*, password: bool | None, keys: bool = False, sshd: bool = True, **more) -> Machine:
    account = ALICE._replace(has_password=password)
    files = {KEYS: file(0o600)} if keys else {}
    accounts = Accounts(users={"alice": account})
    return replace(MACHINE, accounts=accounts, files=files, sshd=sshd, **more)


def holding(*paths: str) -> dict:
    present = frozenset(P(path) for path in paths)
    return {"baselines": {P("/"): Baseline(entries=("etc",), mode=0o755, present=present)}}


BOTH = holding("/etc/passwd", "/etc/shadow")
PASSWD = holding("/etc/passwd")

CASES: list[Case] = [
    ("password", DECLARATION, user(password=True), []),
    ("password, no key", DECLARATION, user(password=True, sshd=False), []),
    ("not readable", DECLARATION, user(password=None), ["info login-unknown"]),
    ("not readable, but a key", DECLARATION, user(password=None, keys=True), []),
    ("locked", DECLARATION, user(password=False), ["warning no-login"]),
    ("key", DECLARATION, user(password=False, keys=True), []),
    ("key without sshd", DECLARATION, user(password=False, keys=True, sshd=False),
     ["error no-login"]),
    ("no users left", LOST, user(password=True, keys=True), ["error no-login"]),
    ("users in the baseline", LOST, user(password=True, **BOTH), []),
    ("shadow not in the baseline", LOST, user(password=True, **PASSWD), ["error no-login"]),
    ("that, but a key", LOST, user(password=True, keys=True, **PASSWD), []),
    ("that, the key lost", ALL_LOST, user(password=True, keys=True, **PASSWD), ["error no-login"]),
    ("NixOS, configured", LOST,
     user(password=True, nixos=True, configured_logins=frozenset({"alice"})), []),
    ("NixOS, not configured", LOST, user(password=True, nixos=True), ["error no-login"]),
    ("NixOS, not readable", LOST,
     user(password=True, nixos=True, unreadable={"nixos-users": "no"}), ["info login-unknown"]),
    ("nobody at all", LOST, replace(MACHINE, accounts=Accounts()), []),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_login(case: Case) -> None:
    check(login_hazards, case)


@pytest.mark.parametrize(
    ("shell", "works"),
    [("", True), ("/bin/bash", True), ("/usr/sbin/nologin", False), ("/bin/false", False)],
)
def test_shells(shell: str, *, works: bool) -> None:
    account = Account(name="a", uid=1, gid=1, home=P("/"), shell=shell)
    assert has_shell(account) == works
