"""`python -m physforge_hub._culler HUB OPTIONS`: stops idle servers, and ends with its hub."""

from __future__ import annotations

import sys

from physforge_kernel._lifeline import die_with

if __name__ == "__main__":
    die_with(int(sys.argv.pop(1)))
    from jupyterhub_idle_culler import main

    main()
