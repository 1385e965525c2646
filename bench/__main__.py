"""`make bench`: prints the tables; with ARGS=--save also keeps them in bench/results."""

import argparse
import compileall
import os
import platform
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import petrichor
from bench import adopt, boot, loss, prune, reset, restore, startup

RESULTS = Path(__file__).parent / "results"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--save", action="store_true", help="keep the tables in bench/results")
    parser.add_argument("--rounds", type=int, default=5, help="boots, warm runs")
    parser.add_argument("--cold", type=int, default=3, help="runs with cold caches")
    parser.add_argument("--counts", type=int, nargs="+", default=[0, 10, 100, 1000])
    parser.add_argument(
        "--directories", type=int, default=adopt.DIRECTORIES, help="of the tree that is copied"
    )
    parser.add_argument("--big", action="store_true", help="volumes with 2,200,000 entries too")
    parser.add_argument(
        "--cases", nargs="+", choices=loss.CASES, default=loss.CASES, help="of the loss"
    )
    parser.add_argument(
        "--layouts", nargs="+", choices=reset.LAYOUTS, default=reset.LAYOUTS, help="of the resets"
    )
    parser.add_argument("--only", choices=list(SECTIONS))
    return parser.parse_args()


def where() -> str:
    """What the figures depend on, without a name of the machine."""
    version = subprocess.run(["systemctl", "--version"], text=True, capture_output=True, check=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return (
        f"{os.cpu_count()} processors, {memory} GiB, Linux {platform.release()}, "
        f"{version.stdout.splitlines()[0].split(' (')[0]}, Python {platform.python_version()}"
    )


def startups(_: argparse.Namespace) -> str:
    return f"## Start-up\n\n{startup.report(21)}"


def boots(chosen: argparse.Namespace) -> str:
    counts = sorted({0, *chosen.counts})
    times = boot.rounds(counts, chosen.rounds)
    title = f"## From the start of userspace to local-fs.target, median of {chosen.rounds}"
    return f"{title}\n\n{boot.report(times, counts)}"


def losses(chosen: argparse.Namespace) -> str:
    text = loss.report(chosen.cases, chosen.cold, chosen.rounds, big=chosen.big)
    return f"{titled('The loss', chosen.cold, chosen.rounds)}{text}"


def adopts(chosen: argparse.Namespace) -> str:
    text = adopt.report(chosen.directories, chosen.cold, chosen.rounds)
    return f"{titled('A copy', chosen.cold, chosen.rounds)}{text}"


def resets(chosen: argparse.Namespace) -> str:
    cold, warm = (reset.RUNS * count for count in (chosen.cold, chosen.rounds))
    sizes = (*reset.SIZES, reset.BIGGEST) if chosen.big else reset.SIZES
    return f"{titled('A reset', cold, warm)}{reset.report(sizes, cold, warm, chosen.layouts)}"


def prunes(chosen: argparse.Namespace) -> str:
    """The biggest once: its tree takes minutes to grow."""
    rounds = dict.fromkeys(reset.SIZES, chosen.cold) | ({reset.BIGGEST: 1} if chosen.big else {})
    title = f"## A prune, median of {chosen.cold} cold runs"
    return f"{title}\n\n{prune.report(rounds)}"


def restores(chosen: argparse.Namespace) -> str:
    text = restore.report(restore.DIRECTORIES, restore.RETIRED, chosen.cold, chosen.rounds)
    return f"{titled('A restore', chosen.cold, chosen.rounds)}{text}"


def titled(what: str, cold: int, warm: int) -> str:
    return f"## {what}, median of {cold} cold and {warm} warm runs\n\n"


SECTIONS: Final[dict[str, Callable[[argparse.Namespace], str]]] = {
    "startup": startups,
    "boot": boots,
    "loss": losses,
    "adopt": adopts,
    "reset": resets,
    "prune": prunes,
    "restore": restores,
}


def compile_program() -> None:
    """As pip does at installation; a checkout may have no bytecode, or be told to write none."""
    compileall.compile_dir(Path(petrichor.__file__).parent, quiet=2)


def main() -> None:
    chosen = arguments()
    compile_program()
    names = [chosen.only] if chosen.only else SECTIONS
    text = [f"Measured on {where()}.\n", *(SECTIONS[name](chosen) for name in names)]
    print("\n".join(text))
    if chosen.save:
        RESULTS.mkdir(exist_ok=True)
        now = datetime.now(UTC)
        file = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.md"
        file.write_text(f"# Figures of {now:%Y-%m-%d}\n\n" + "\n".join(text), encoding="utf-8")
        print(f"kept in {file}")


if __name__ == "__main__":
    main()
