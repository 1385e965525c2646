"""The synthetic tree that the loss is measured on: the same at every run, from a fixed seed.

Directories are made one after another, each below one of the 200 newest (7 of 10 times) or one of
the 50 oldest, at most 11 deep, with ten small files in each.  `alter` then does to it what an
afternoon of work does to an installed system.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

SEED: Final = 20260801
FILES: Final = 10
"""In every directory but the top."""
NEWEST: Final = 200
OLDEST: Final = 50
DEEPEST: Final = 10
BYTES: Final = 3000
_CONTENT: Final = Random(SEED).randbytes(BYTES)


@dataclass(frozen=True)
class Tree:
    """What `grow` made: paths below the top, in the order of their making."""

    directories: list[str]

    @property
    def entries(self) -> int:
        """Names below the top: a top of its own is no entry of the volume's loss."""
        return len(self.directories) * (1 + FILES)

    def leaves(self) -> list[str]:
        """Directories that hold files alone."""
        parents = {os.path.dirname(directory) for directory in self.directories}
        return [directory for directory in self.directories if directory not in parents]


@dataclass(frozen=True)
class Altered:
    """How many names differ between the tree before and after `alter`, by what is a loss."""

    added: int
    removed: int
    changed: int

    @property
    def entries(self) -> int:
        return self.added + self.removed + self.changed

    @property
    def still_there(self) -> int:
        """Names that another program can open: those that `diff -0` prints."""
        return self.added + self.changed


def grow(top: Path, directories: int) -> Tree:
    """Fill an empty directory; 20,000 directories give 220,000 entries below it."""
    chance = Random(SEED)
    made, depths = [""], [0]
    for number in range(1, directories + 1):
        if chance.random() < 0.7:
            parent = chance.randrange(max(0, number - NEWEST), number)
        else:
            parent = chance.randrange(min(OLDEST, number))
        if depths[parent] > DEEPEST:
            parent = 0
        made.append(os.path.join(made[parent], f"directory-{number:06}"))
        depths.append(depths[parent] + 1)
        _fill(os.path.join(top, made[-1]), chance)
    return Tree(made[1:])


def _fill(directory: str, chance: Random) -> None:
    os.mkdir(directory)
    for number in range(FILES):
        with open(f"{directory}/file-{number}", "wb", buffering=0) as file:
            file.write(_CONTENT[: chance.randint(1, BYTES)])


def alter(top: Path, tree: Tree) -> Altered:
    """Change a copy of the tree at `top`; no name is drawn twice."""
    chance = Random(SEED + 1)
    leaves = chance.sample(tree.leaves(), 15)
    stay = [os.path.join(top, d) for d in sorted(set(tree.directories) - set(leaves))]
    drawn = iter(chance.sample(range(len(stay) * FILES), 1_150))
    victims = [f"{stay[number // FILES]}/file-{number % FILES}" for number in drawn]
    appended, deleted, renamed, mode, linked = (
        victims[start:end]
        for start, end in ((0, 500), (500, 800), (800, 1_000), (1_000, 1_100), (1_100, 1_150))
    )
    for number in range(1_000):
        Path(chance.choice(stay), f"new-{number}").write_bytes(b"12345")
    for name in appended:
        with open(name, "ab") as file:
            file.write(b"more")
    for name in deleted:
        os.unlink(name)
    for name in renamed:
        os.rename(name, f"{name}-renamed")
    for name in mode:
        os.chmod(name, 0o600)
    for number, name in enumerate(linked):
        os.link(name, f"{chance.choice(stay)}/link-{number}")
    for number in range(50):
        os.symlink("/nowhere", f"{chance.choice(stay)}/symlink-{number}")
    _alter_leaves([os.path.join(top, leaf) for leaf in leaves])
    return Altered(
        added=1_000 + 200 + 50 + 50 + 5 * (1 + FILES),
        removed=300 + 200 + 15 * (1 + FILES),
        changed=500 + 100,
    )


def _alter_leaves(leaves: list[str]) -> None:
    """Ten directories go with what they hold, five get another name."""
    for directory in leaves[:10]:
        for number in range(FILES):
            os.unlink(f"{directory}/file-{number}")
        os.rmdir(directory)
    for directory in leaves[10:]:
        os.rename(directory, f"{directory}-renamed")
