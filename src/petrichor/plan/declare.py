"""Which entry of the declaration a path that is to be kept becomes."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import (
    Declaration,
    FileMethod,
    Home,
    KeptPath,
    Kind,
    Ownership,
)
from petrichor.model.errors import RefusedError, UsageError
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.plan.adopt import Stands
from petrichor.plan.keep import default_mode

_KINDS = {
    Stands.DIRECTORY: Kind.DIRECTORY,
    Stands.EMPTY_DIRECTORY: Kind.DIRECTORY,
    Stands.FILE: Kind.FILE,
    Stands.EMPTY_FILE: Kind.FILE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stands at a path; owner and mode mean nothing where nothing stands."""

    stands: Stands
    uid: int = 0
    gid: int = 0
    mode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the owner said beyond the path."""

    store: PurePosixPath | None = None
    kind: Kind | None = None
    method: FileMethod | None = None


def entry(
    declaration: Declaration, path: PurePosixPath, seen: Seen, wanted: Wanted, accounts: Accounts
) -> KeptPath:
    """Return the entry that keeps a path, with its owner and mode where they are not the usual.

    Raises:
        RefusedError: it cannot be kept, or need not be.
        UsageError: the owner must say more.
    """
    _check_place(declaration, path)
    kind = _kind(path, seen, wanted)
    account = _account(path, declaration, accounts)
    method = FileMethod.BIND if kind is Kind.DIRECTORY else wanted.method or FileMethod.AUTO
    kept = KeptPath(
        path=path,
        store=wanted.store or _store(declaration, account),
        kind=kind,
        key="",
        method=method,
        account=account.name if account else None,
        home=account.home if account else None,
    )
    if seen.stands is Stands.ABSENT or kept.is_copied:
        return kept
    return replace(kept, ownership=_ownership(kept, seen, account, accounts))


def _check_place(declaration: Declaration, path: PurePosixPath) -> None:
    shown = show(path)
    for store in declaration.stores:
        if is_within(path, store):
            raise RefusedError(f"{shown} lies in the store {show(store)}: it survives anyway")
        if is_within(store, path):
            raise RefusedError(f"{shown} holds the store {show(store)}", hint="name what is in it")
    volume = declaration.volume_of(path)
    if volume is None:
        raise RefusedError(f"{shown} lies on no volume: it survives anyway")
    if volume.mountpoint == path:
        hint = "take it out of the volumes, or name what is in it"
        raise RefusedError(f"{shown} is a whole volume, which forgets by its nature", hint=hint)


def _kind(path: PurePosixPath, seen: Seen, wanted: Wanted) -> Kind:
    found = _KINDS.get(seen.stands)
    if seen.stands is Stands.ABSENT:
        if wanted.kind is None:
            hint = "--directory or --file says what it will be"
            raise UsageError(f"there is no {show(path)}", hint=hint)
        return wanted.kind
    if found is None:
        hint = "name what it leads to" if seen.stands is Stands.LINK else ""
        raise RefusedError(f"{show(path)} is {seen.stands}, which cannot be kept", hint=hint)
    if wanted.kind not in (None, found):
        raise UsageError(f"{show(path)} is a {found}", hint=f"leave --{wanted.kind} out")
    return found


def _account(path: PurePosixPath, declaration: Declaration, accounts: Accounts) -> Account | None:
    """Return the person in whose home a path lies, a declared home before another."""
    people = [user for user in accounts.users.values() if user.is_person]
    known = {home.user: _declared(home, accounts) for home in declaration.homes}
    candidates = [*known.values(), *(user for user in people if user.name not in known)]
    inside = [user for user in candidates if user.home in path.parents]
    return max(inside, key=lambda user: len(user.home.parts), default=None)


def _declared(home: Home, accounts: Accounts) -> Account:
    """Return an account with its declared home; it may be known by its number alone."""
    user = accounts.users.get(home.user)
    if user is not None:
        return user._replace(home=home.path)
    number = int(home.user) if home.user.isdecimal() else -1
    return Account(name=home.user, uid=number, gid=number, home=home.path)


def _store(declaration: Declaration, account: Account | None) -> PurePosixPath:
    stores = declaration.stores
    if account is not None:
        own = {kept.store for kept in declaration.kept if kept.account == account.name}
        stores = tuple(sorted(own)) or stores
    if len(stores) == 1:
        return stores[0]
    what = "there is no store yet" if not stores else "there is more than one store"
    names = ", ".join(show(store) for store in stores) or "/persist/root"
    raise UsageError(f"{what}", hint=f"--store says which: {names}")


def _ownership(
    kept: KeptPath, seen: Seen, account: Account | None, accounts: Accounts
) -> Ownership:
    usual_uid, usual_gid = (account.uid, account.gid) if account else (0, 0)
    users = {user.uid: user for user in reversed(list(accounts.users.values()))}
    owner = users.get(seen.uid)
    user = None if seen.uid == usual_uid else owner.name if owner else str(seen.uid)
    follows = usual_gid if user is None else owner.gid if owner else seen.uid
    groups = {gid: name for name, gid in reversed(list(accounts.groups.items()))}
    group = None if seen.gid == follows else groups.get(seen.gid, str(seen.gid))
    usual = kept.method is FileMethod.SYMLINK or seen.mode == default_mode(kept)
    mode = None if usual else seen.mode
    return Ownership(user=user, group=group, mode=mode)
