"""`python -m tests.vm`."""

import sys

from tests.vm.run import main

sys.exit(main(sys.argv[1:]))
