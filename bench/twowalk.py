"""`python -m bench.twowalk BASELINE LIVE`: what a short script does, walk both trees and compare.

Prints a line per path whose inode number, change time, size or mode differ.
"""

import os
import sys

Facts = tuple[int, int, int, int]


def walk(top: str) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    waiting = [top]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                key = (facts.st_ino, facts.st_ctime_ns, facts.st_size, facts.st_mode)
                found[entry.path[len(top) :]] = key
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return found


def main() -> None:
    baseline, live = map(walk, sys.argv[1:])
    for path in sorted(baseline.keys() | live.keys()):
        if path not in live:
            print(f"- {path}")
        elif path not in baseline:
            print(f"+ {path}")
        elif baseline[path] != live[path]:
            print(f"~ {path}")


if __name__ == "__main__":
    main()
