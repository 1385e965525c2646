"""Will anyone be able to log in after the reset?"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.accounts import Account
from petrichor.model.declaration import Declaration
from petrichor.model.finding import Finding, error, info, warning
from petrichor.model.machine import Machine
from petrichor.plan.hazards.survival import survives

PASSWD: Final = PurePosixPath("/etc/passwd")
SHADOW: Final = PurePosixPath("/etc/shadow")
_NO_SHELL: Final = frozenset({"nologin", "false", "sync", "halt", "shutdown", "true"})
_WHY: Final = "the machine boots, and nobody can get in to mend it"


def login_hazards(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """Yield a finding when no password and no key that lets anyone in survives."""
    users = [account for account in machine.accounts.users.values() if has_shell(account)]
    accounts_stay = machine.nixos or survives(declaration, machine, PASSWD)
    if not users or machine.configured_logins:
        return
    if not accounts_stay:
        what = "is not kept: the users are gone after the reset"
        yield error("no-login", str(PASSWD), what, _WHY, "keep /etc, or declare the users")
        return
    if machine.nixos and "nixos-users" in machine.unreadable:
        what = machine.unreadable["nixos-users"]
        todo = "make sure that a user has a password or key in the configuration"
        yield info("login-unknown", str(SHADOW), what, _WHY, todo)
        return
    by_key = any(_key_survives(item, declaration, machine) for item in users if machine.sshd)
    if by_key:
        return
    shadow_stays = survives(declaration, machine, SHADOW)
    states = {item.has_password for item in users}
    if shadow_stays and True in states:
        return
    if shadow_stays and None in states:
        what = "cannot be read: whether anyone has a password is not known"
        yield info("login-unknown", str(SHADOW), what, _WHY, "run this as root")
    elif True in states or None in states or _any_key(users, machine):
        what = "neither the passwords in it nor any user's authorized_keys survive"
        todo = "keep /etc, or put a password or key into the configuration"
        yield error("no-login", str(SHADOW), what, _WHY, todo)
    else:
        what = "nobody has a password or an authorized key, today already"
        yield warning("no-login", str(SHADOW), what, _WHY, "set a password: passwd root")


def has_shell(account: Account) -> bool:
    """Tell whether an account's shell lets it work; an empty one is /bin/sh: passwd(5)."""
    return PurePosixPath(account.shell or "/bin/sh").name not in _NO_SHELL


def key_files(account: Account) -> tuple[PurePosixPath, ...]:
    """Return where sshd looks for a user's keys, by its own defaults and by NixOS's."""
    own = account.home / ".ssh"
    system = PurePosixPath("/etc/ssh/authorized_keys.d") / account.name
    return (own / "authorized_keys", own / "authorized_keys2", system)


def _key_survives(account: Account, declaration: Declaration, machine: Machine) -> bool:
    return any(
        path in machine.files and survives(declaration, machine, path)
        for path in key_files(account)
    )


def _any_key(users: list[Account], machine: Machine) -> bool:
    return any(path in machine.files for user in users for path in key_files(user))
