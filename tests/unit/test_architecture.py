"""The rooms of the code keep their doors: who imports whom, who may touch the machine, how long."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

REPO: Final = Path(__file__).resolve().parents[2]
SRC: Final = REPO / "src"
FILES: Final = sorted((SRC / "petrichor").rglob("*.py"))
MODULES: Final = {
    ".".join(f.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): f for f in FILES
}

PURE: Final = {"model", "config", "plan", "loss", "render"}
MAY_IMPORT: Final = {
    "model": set(),
    "config": {"model"},
    "plan": {"model"},
    "loss": {"model"},
    "render": {"model", "plan"},  # text of plans: both are pure
    "system": {"model"},
    "act": PURE | {"system"},
    "report": PURE,
    "cli": PURE | {"system", "act", "report"},
}
# The rooms that only compute. `loss` walks a filesystem, so it is not among them.
NO_EFFECTS: Final = {"model", "config", "plan", "render"}
EFFECTS: Final = {
    "ctypes",
    "fcntl",
    "glob",
    "grp",
    "multiprocessing",
    "pty",
    "pwd",
    "shutil",
    "signal",
} | {"socket", "tempfile", "threading", "time"}
HARMLESS_OS: Final = {"fsencode", "fsdecode", "path", "PathLike", "stat_result"}
SPAWNERS: Final = {"subprocess", "pty", "multiprocessing"}
SLOW: Final = {"pydantic", "jsonschema", "tomlkit"}  # 40 to 120 ms each

# Files without tests/unit/ROOM/test_NAME.py, and what shows that they work instead.
WITHOUT_TWIN: Final[dict[str, str]] = {
    "__main__.py": "starts cli.main; the root ring runs it",
    "act/losing.py": "real volumes alone have a loss: tests/root/test_diff.py",
    "act/opening.py": "real volumes alone can be opened: tests/root/test_diff.py",
    "act/losing_btrfs.py": "a real Btrfs alone has its trees: tests/root/test_loss_btrfs.py",
    "act/views.py": "real volumes alone can be looked at: tests/root/test_diff.py",
    "loss/btrfs.py": "300 histories on real trees: tests/root/test_loss_btrfs.py",
    "loss/btrfstree.py": "protocols alone",
    "system/treesearch.py": "asks real trees: tests/root/test_loss_btrfs.py",
    "config/importing/records.py": "records alone",
    "model/explanation.py": "a record of what tests/unit/plan/test_explain.py makes",
    "model/accounts.py": "a record of what tests/unit/system/test_accounts.py reads",
    "model/mount.py": "a record of what tests/unit/system/test_mounts.py reads",
    "act/past/btrfs.py": "real subvolumes alone can be removed: tests/root/test_prune.py",
    "act/past/directory.py": "real mounts stand in the way: tests/root/test_prune.py",
    "act/finding.py": "real retired volumes alone have versions: tests/root/test_restore.py",
    "act/adopting.py": "copies as root, from real mounts: tests/root/test_keep.py",
    "act/declaring.py": "edits what root owns: tests/root/test_keep.py",
    "act/switching.py": "mounts: tests/root/test_switch.py",
    "act/journal.py": "locks and tidies as root: tests/root/test_keep.py",
    "act/saving.py": "copies as root, from real mounts: tests/root/test_saving.py",
    "cli/save.py": "copies as root, from real mounts: tests/root/test_saving.py",
    "system/copied.py": "marks in /run: tests/root/test_saving.py",
    "cli/forget.py": "mounts: tests/root/test_keep.py",
    "cli/keep.py": "mounts: tests/root/test_keep.py",
    "system/attach.py": "mounts: tests/root/test_keep.py",
    "act/prunestale.py": "removes as root: tests/root/test_prune_stale.py",
    "act/measuring.py": "tests/unit/cli/test_copying.py",
    "act/placing.py": "copies as root, from real mounts: tests/root/test_restore.py",
    "act/staging.py": "marks as root alone can: tests/root/test_restore.py",
    "cli/restore.py": "real retired volumes alone have versions: tests/root/test_restore.py",
    "act/alone.py": "locks /run/petrichor: tests/root/test_prune_stale.py",
    "cli/restorekeep.py": "mounts: tests/root/test_restore_keep.py",
    "act/returning.py": "real volumes have what stands in the way: tests/root/test_restore_keep.py",
    "model/origin.py": "a record of what tests/root/test_restore.py copies",
    "model/record.py": "records of what tests/unit/plan/test_record.py makes",
    "model/version.py": "a record of what tests/root/test_restore.py finds",
    "act/history.py": "real retired volumes alone have a past: tests/root/test_history.py",
    "cli/history.py": "real retired volumes alone have a past: tests/root/test_history.py",
    "act/past/opening.py": "mounts: tests/root/test_prune.py",
    "act/past/zfs.py": "real datasets alone can be removed: the VM ring",
    "act/pruning.py": "removes real volumes: tests/root/test_prune.py",
    "cli/prune.py": "removes real volumes: tests/root/test_prune.py",
    "system/syscalls.py": "calls the kernel: tests/root/test_detached.py, tests/root/test_tree.py",
    "system/detached.py": "mounts: tests/root/test_detached.py",
    "system/forks.py": "forks: tests/root/test_forks.py",
    "model/copying.py": "a record of what tests/unit/system/copy/test_tree.py counts",
    "system/copy/descent.py": "every walk in tests/unit/system/copy/",
    "system/copy/directories.py": "the first pass of tests/unit/system/copy/test_tree.py",
    "system/copy/entry.py": "a part of the first pass: tests/unit/system/copy/test_tree.py",
    "system/copy/inodeflags.py": "real filesystems alone have flags: tests/root/test_copy.py",
    "system/copy/job.py": "what test_tree.py and tests/root/test_copy.py count",
    "system/copy/opening.py": "hostile users alone show it: tests/root/test_copy_attack.py",
    "system/copy/settle.py": "the second pass of tests/unit/system/copy/test_tree.py",
}

WORDS: Final = {
    "a mirror or registry": r"\b(deb|ftp|snapshot|security)\.debian\.org|pypi\.(org|python)",
    "a path of one machine": r"/root/\.(pyenv|cache)/|/home/(?!alice|bob)\w+/(src|git|projects)/",
    "a private issue number": r"(?i)\b(issue|session) #?\d+\b(?!.*github)",
}


def none(wrong: list[str], why: str = "") -> None:
    assert not wrong, "\n".join([why, *wrong])


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes(), str(file))


def room(module: str) -> str:
    return (*module.split("."), "")[1]


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(module: str, *, at_start: bool = False) -> Iterator[str]:
    """Full names; `from a import b` gives `a.b` if that is a module of ours, else `a`.

    With `at_start` only what is imported when the module is.
    """
    waiting: list[ast.AST] = [tree(MODULES[module])]
    while waiting:
        node = waiting.pop()
        if at_start and (isinstance(node, ast.FunctionDef) or _only_for_types(node)):
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{module}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in names)


def ours(module: str, *, at_start: bool = False) -> set[str]:
    return {name for name in imports(module, at_start=at_start) if name in MODULES}


def test_rooms_import_only_what_they_may() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        if room(module) in MAY_IMPORT
        for name in ours(module)
        if room(name) not in MAY_IMPORT[room(module)] | {room(module)}
    ]
    none(wrong)


def test_every_folder_is_a_room() -> None:
    folders = {
        f.relative_to(SRC / "petrichor").parts[0] for f in FILES if f.parent.name != "petrichor"
    }
    assert folders <= set(MAY_IMPORT)


def test_no_import_cycles() -> None:
    left = {module: ours(module) - {module} for module in MODULES}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    none(sorted(left), "these import each other")


def test_only_one_module_starts_processes() -> None:
    spawning = {m for m in MODULES if {n.split(".")[0] for n in imports(m)} & SPAWNERS}
    assert spawning <= {"petrichor.system.command"}


def effects(module: str) -> Iterator[str]:
    yield from sorted({n.split(".")[0] for n in imports(module)} & (EFFECTS | SPAWNERS))
    for node in ast.walk(tree(MODULES[module])):
        match node:
            case ast.ImportFrom(module="pathlib", names=names):
                yield from (f"pathlib.{n.name}" for n in names if not n.name.startswith("Pure"))
            case ast.ImportFrom(module="os", names=names):
                yield from (f"os.{n.name}" for n in names if n.name not in HARMLESS_OS)
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name not in HARMLESS_OS:
                yield f"os.{name}"
            case ast.Attribute(value=ast.Name(id="pathlib"), attr=name) if name[:4] != "Pure":
                yield f"pathlib.{name}"
            case ast.Call(func=ast.Name(id="open" | "print" | "input" as name)):
                yield f"{name}()"
            case _:
                pass


def test_rooms_that_only_compute_touch_nothing() -> None:
    wrong = [f"{m}: {e}" for m in MODULES if room(m) in NO_EFFECTS for e in effects(m)]
    none(wrong)


def test_the_command_starts_without_slow_packages() -> None:
    seen: set[str] = set()
    waiting = {"petrichor.__main__", "petrichor.cli.main"}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        slow = {name.split(".")[0] for name in imports(module, at_start=True)} & SLOW
        assert not slow, f"{module} is imported by every run and imports {slow}"
        waiting |= ours(module, at_start=True) - seen


def test_package_files_are_empty() -> None:
    assert [f for f in FILES if f.name == "__init__.py" and f.read_bytes().strip()] == []


def test_files_and_functions_stay_short() -> None:
    long = [f"{f.name}: {n} lines" for f in FILES if (n := len(f.read_bytes().splitlines())) > 400]
    for file in FILES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{file.name}: {node.name}: {lines} lines"] if lines > 60 else []
    none(long)


def test_no_drawer_for_odds_and_ends() -> None:
    assert [f.name for f in FILES if f.stem in ("util", "utils", "helpers", "common", "misc")] == []


def test_every_file_has_a_twin_or_a_reason() -> None:
    inside = {str(f.relative_to(SRC / "petrichor")) for f in FILES if f.name != "__init__.py"}
    unit = REPO / "tests/unit"
    alone = {n for n in inside if not (unit / n).with_name(f"test_{Path(n).name}").exists()}
    none(sorted(alone - WITHOUT_TWIN.keys()), "write a twin or give a reason in WITHOUT_TWIN")
    none(sorted(WITHOUT_TWIN.keys() - alone), "has a twin or is gone: take it off WITHOUT_TWIN")


def texts() -> Iterator[Path]:
    for name in ("src", "tests", "docs", "bench", "scripts", "nix", ".ci", "Makefile", "README.md"):
        place = REPO / name
        found = place.rglob("*") if place.is_dir() else [place]
        yield from (f for f in found if f.suffix in TEXT and f.is_file() and f != Path(__file__))


TEXT: Final = {"", ".cfg", ".json", ".md", ".nix", ".py", ".sh", ".toml", ".txt"}


@pytest.mark.parametrize("what", WORDS)
def test_the_project_does_not_name(what: str) -> None:
    pattern = re.compile(WORDS[what])
    wrong = [
        f"{file.relative_to(REPO)}:{number}: {line.strip()[:90]}"
        for file in texts()
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]
    none(wrong)
