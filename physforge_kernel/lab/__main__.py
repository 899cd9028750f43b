"""`python -m physforge_kernel.lab`: what `make up` runs."""

from __future__ import annotations

import sys

from ._up import main

if __name__ == "__main__":
    sys.exit(main())
