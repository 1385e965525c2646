"""`make bench`: prints the tables; with ARGS=--save also keeps them in bench/results."""

import argparse
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import adopt, boot, loss, startup

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
    parser.add_argument("--big", action="store_true", help="the loss of 2,200,000 entries too")
    parser.add_argument(
        "--cases", nargs="+", choices=loss.CASES, default=loss.CASES, help="of the loss"
    )
    parser.add_argument("--only", choices=["adopt", "boot", "loss", "startup"])
    return parser.parse_args()


def where() -> str:
    """What the figures depend on, without a name of the machine."""
    version = subprocess.run(["systemctl", "--version"], text=True, capture_output=True, check=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return (
        f"{os.cpu_count()} processors, {memory} GiB, Linux {platform.release()}, "
        f"{version.stdout.splitlines()[0].split(' (')[0]}, Python {platform.python_version()}"
    )


def sections(chosen: argparse.Namespace) -> Iterator[str]:
    if chosen.only in (None, "startup"):
        yield f"## Start-up\n\n{startup.report(21)}"
    if chosen.only in (None, "boot"):
        counts = sorted({0, *chosen.counts})
        times = boot.rounds(counts, chosen.rounds)
        title = f"## From the start of userspace to local-fs.target, median of {chosen.rounds}"
        yield f"{title}\n\n{boot.report(times, counts)}"
    if chosen.only in (None, "loss"):
        title = f"## The loss, median of {chosen.cold} cold and {chosen.rounds} warm runs"
        yield f"{title}\n\n{loss.report(chosen.cases, chosen.cold, chosen.rounds, big=chosen.big)}"
    if chosen.only in (None, "adopt"):
        title = f"## A copy, median of {chosen.cold} cold and {chosen.rounds} warm runs"
        yield f"{title}\n\n{adopt.report(chosen.directories, chosen.cold, chosen.rounds)}"


def main() -> None:
    chosen = arguments()
    text = [f"Measured on {where()}.\n", *sections(chosen)]
    print("\n".join(text))
    if chosen.save:
        RESULTS.mkdir(exist_ok=True)
        now = datetime.now(UTC)
        file = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.md"
        file.write_text(f"# Figures of {now:%Y-%m-%d}\n\n" + "\n".join(text), encoding="utf-8")
        print(f"kept in {file}")


if __name__ == "__main__":
    main()
