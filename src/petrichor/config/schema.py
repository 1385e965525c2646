"""The declaration's shape: keys, types and defaults, as they stand in TOML or JSON.

The JSON Schema in the repository is generated from these models, descriptions included.  What a
key means across others is checked in :mod:`petrichor.config.check`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic.alias_generators import to_camel


class Table(BaseModel):
    """What all tables have in common: camelCase keys, no others, no conversions."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, strict=True, frozen=True, defer_build=True
    )


Text = Annotated[str, Field(min_length=1)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", description="text of one line")]
Option = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f]+$", description="a mount option")]
Owner = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*[$]?$")]
Mode = Annotated[str, Field(pattern=r"^[0-7]{3,4}$", description="octal permission bits")]
Encoding = Annotated[
    Literal["utf-8", "percent"],
    Field(description="percent: %NN in the path stands for one byte, for names that are not text"),
]
Phase = Annotated[
    Literal["initrd", "system"] | None,
    Field(description="where in the boot it is mounted; null: by its mount point"),
]
ResetName = Annotated[
    Literal["retire", "rollback"],
    Field(description="retire sets the old content aside, rollback drops it"),
]


class RetentionTable(Table):
    """How long retired volumes stay: the last ones always, older ones while all three allow."""

    keep: Annotated[int, Field(ge=1, le=100_000, description="at most so many")] = 10
    days: Annotated[int, Field(ge=1, le=36_500, description="at most so many days")] = 30
    min_free: Annotated[
        str,
        Field(
            pattern=r"^[0-9]+(\.[0-9]+)?(%|[KMGT]i?B?)$",
            description="free space below which older ones go, of the filesystem or in bytes",
        ),
    ] = "10%"


class _Resettable(Table):
    """What can be set aside or rolled back."""

    reset: ResetName = "retire"
    retired: RetentionTable = RetentionTable.model_construct()
    phase: Phase = None


class ZfsTable(_Resettable):
    """A ZFS dataset."""

    backend: Literal["zfs"]
    dataset: Annotated[Line, Field(description="POOL/NAME, below the pool itself")]
    baseline: Annotated[Line, Field(description="the snapshot's name behind the @")] = "blank"


class BtrfsTable(_Resettable):
    """A Btrfs subvolume, named from the top level of its filesystem."""

    backend: Literal["btrfs"]
    device: Annotated[Line, Field(description="/dev/… or TAG=VALUE")]
    subvolume: Annotated[Line, Field(description="path from the top level")]
    baseline: Annotated[
        Line | None,
        Field(description="path of the read-only subvolume; null: SUBVOLUME-blank"),
    ] = None
    options: Annotated[list[Option], Field(description="more mount options")] = []


class TmpfsTable(Table):
    """A tmpfs: nothing of it survives, and nothing can be brought back."""

    backend: Literal["tmpfs"]
    phase: Phase = None
    options: Annotated[list[Option], Field(description="mount options, as size=2G")] = []


class DirectoryTable(Table):
    """A plain directory on a filesystem that survives, bind-mounted."""

    backend: Literal["directory"]
    directory: Annotated[Text, Field(description="the directory that holds the content")]
    reset: ResetName = "retire"
    retired: RetentionTable = RetentionTable.model_construct()


VolumeTable = Annotated[
    ZfsTable | BtrfsTable | TmpfsTable | DirectoryTable, Field(discriminator="backend")
]


class FilesystemTable(Table):
    """A filesystem that survives and carries a store, or a part of the system."""

    type: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", description="as in fstab(5)")]
    device: Annotated[Line, Field(description="what is mounted, as in fstab(5)")]
    options: Annotated[list[Option], Field(description="mount options")] = []


class OwnershipTable(Table):
    """Owner and mode of a directory that is made on the way to a kept path."""

    user: Annotated[Owner | None, Field(description="name or number")] = None
    group: Annotated[Owner | None, Field(description="name or number")] = None
    mode: Mode | None = None


class _Entry(OwnershipTable):
    """What may be said of any kept path."""

    parent_directory: OwnershipTable = OwnershipTable.model_construct()
    options: Annotated[list[Option], Field(description="more options of the bind mount")] = []
    hide_mounts: Annotated[bool | None, Field(description="null: as its store says")] = None
    allow_trash: Annotated[bool | None, Field(description="null: as its store says")] = None
    encoding: Encoding = "utf-8"


class DirectoryEntry(_Entry):
    """A kept directory; owner and mode are those it gets when it is made."""

    directory: Text


class FileEntry(_Entry):
    """A kept file; owner and mode are those it gets when it is made."""

    file: Text
    method: Annotated[
        Literal["auto", "bind", "symlink", "copy"],
        Field(
            description="auto: a bind mount if the store has the file, else a link into it; "
            "copy: for files that are replaced by renaming"
        ),
    ] = "auto"


def _form(value: Any) -> str:
    """Tell the two forms of an entry apart, so that only one of them reports its mistakes."""
    return "name" if isinstance(value, str) else "table"


_Name = Annotated[Text, Tag("name")]
_Directory = Annotated[_Name | Annotated[DirectoryEntry, Tag("table")], Discriminator(_form)]
_File = Annotated[_Name | Annotated[FileEntry, Tag("table")], Discriminator(_form)]


class Tree(Table):
    """Directories and files: each a path, or a table where more than the path is said."""

    directories: Annotated[list[_Directory], Field(description="kept directories")] = []
    files: Annotated[list[_File], Field(description="kept files")] = []
    presets: Annotated[
        list[Text], Field(description="names of programs whose paths here come along")
    ] = []


class UserTable(Tree):
    """What is kept of one user's home; paths are relative to it."""

    home: Annotated[Text | None, Field(description="null: as the password database says")] = None
    home_mode: Annotated[Mode, Field(description="octal mode of the home when it is made")] = "0700"


class StoreTable(Tree):
    """What is kept in one store; paths are absolute."""

    hide_mounts: Annotated[bool, Field(description="hide the mounts in file managers")] = True
    allow_trash: Annotated[bool, Field(description="allow a trash folder on the mounts")] = False
    users: Annotated[dict[Owner, UserTable], Field(description="by user name or number")] = {}


class LossTable(Table):
    """What the loss leaves out."""

    ignore: Annotated[list[Text], Field(description="patterns as in gitignore(5)")] = []


class DeclarationTable(Table):
    """The declaration of a machine that forgets: petrichor.toml(5)."""

    machine_id: Annotated[
        Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None,
        Field(description="the machine's id: machine-id(5)"),
    ] = None
    settings_file: Annotated[
        Text | None, Field(description="where keep and forget write instead of here")
    ] = None
    on_failure: Annotated[
        Literal["continue", "emergency"],
        Field(description="after a failed reset: boot with the old content, or stop"),
    ] = "continue"
    volumes: Annotated[dict[Text, VolumeTable], Field(description="by mount point")] = {}
    filesystems: Annotated[dict[Text, FilesystemTable], Field(description="by mount point")] = {}
    persistence: Annotated[dict[Text, StoreTable], Field(description="by store")] = {}
    loss: LossTable = LossTable.model_construct()
