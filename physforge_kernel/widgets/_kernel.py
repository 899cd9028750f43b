"""The kernel behind a page of `physforge dashboard`."""

from __future__ import annotations

import logging
from typing import Any

from ipykernel.ipkernel import IPythonKernel


class PageKernel(IPythonKernel):
    """Says nothing more once it has been told to end.

    ipykernel tells "idle" from one thread while another closes what it tells it through. Whichever is first,
    nobody listens any more, and the traceback would stand in the terminal of whoever pressed Ctrl-C.
    """

    def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """End, quietly."""
        logging.disable()
        return super().do_shutdown(restart)
