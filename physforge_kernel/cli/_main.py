"""The entry point: runs a command and turns whatever happens into an exit code and, at most, one sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

INTERRUPTED = 130
BROKEN_PIPE = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `physforge` with these arguments (default: those of the process) and exit with its code.

    Codes: 0 success; 2 usage; 70 a fault of PhysForge itself, its traceback kept in a file that is named;
    74 a file or folder that could not be used; 130 Ctrl-C; others are the `exit_code` of the PhysForgeError.
    """
    try:
        code = _run(None if arguments is None else list(arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BROKEN_PIPE
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    from ._failures import Failures

    failures = Failures(as_json="--json" in (sys.argv[1:] if arguments is None else arguments))
    _prepare_streams()
    try:
        from ._app import command

        outcome = command().main(args=arguments, prog_name="physforge", standalone_mode=False)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as failure:
        return failures.explain(failure)
    return outcome if isinstance(outcome, int) else 0


def _prepare_streams() -> None:
    """Let no name that a locale cannot write, and no library's warning, break or litter the output."""
    import warnings

    from ..errors import PhysForgeWarning
    from ._failures import show_warning

    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PhysForgeWarning)
        warnings.showwarning = show_warning
