"""`python -m bench.copytree SOURCE TARGET NAME`: the copier alone, synced and verified."""

import os
import sys

from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy.tree import copy_tree


def main() -> None:
    source, target, name = sys.argv[1:]
    above = os.open(os.path.dirname(source), DIRECTORY)
    below = os.open(target, DIRECTORY)
    copied = copy_tree(above, os.fsencode(os.path.basename(source)), below, os.fsencode(name))
    if copied.shared != copied.size:
        sys.exit("nothing was shared: this is no copy between subvolumes")


if __name__ == "__main__":
    main()
