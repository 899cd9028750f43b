"""`python -m physforge_hub._guard`: ends what is left of a lab when all that keeps it was killed at once.

Whoever started the lab and the keeper end it when one of them dies. Both hold the writing end of the guard's
pipe, and nobody else does: it is closed when neither is there any more to do so.
"""

from __future__ import annotations

import os
import sys

from ._environment import LAB_MARK
from ._processes import end_marked


def main() -> None:
    """Wait for the end of those that keep the lab, and then end every process of it."""
    os.read(int(sys.argv[1]), 1)
    while end_marked(LAB_MARK, os.environ[LAB_MARK]):
        pass  # what was killed may have started something meanwhile


if __name__ == "__main__":
    main()
