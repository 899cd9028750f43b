"""The `physforge` command: what a person types, what a script pipes.

In come arguments; out come designed text or, with `--json`, exactly one JSON document on stdout. Progress
and errors go to stderr. Each command is a thin layer over the library and the Workspace: it imports them
when it runs, so that `--help` stays instant.
"""

from ._main import main

__all__ = ["main"]
