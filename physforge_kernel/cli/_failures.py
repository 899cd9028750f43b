"""What a command says on stderr when it fails: one sentence, or one JSON object, never a stack trace."""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import typer

from .._home import home, private_folder
from .._wording import one_line
from ..errors import PhysForgeError

UNEXPECTED = 70
UNUSABLE_FILE = 74


@dataclass(frozen=True)
class Failures:
    """Says why a command failed.

    Attributes:
        as_json: as one JSON object on one line rather than as `error: <sentence>`, for a program to read.
    """

    as_json: bool

    def explain(self, failure: Exception) -> int:
        """Print why a command failed on stderr, and return the process's exit code."""
        if type(failure).__name__ == "NoArgsIsHelpError":  # Typer printed the help, and exports no such name
            return 2
        name, sentence, code = _told(failure)
        if not self.as_json:
            _say(sentence)
            return code
        from ._console import to_json

        told = {"type": name, "message": one_line(sentence), "exit_code": code}
        sys.stderr.write(to_json({"error": told}, indent=None))
        return code


def _told(failure: Exception) -> tuple[str, str, int]:
    """Return what kind of failure it was, a sentence on it, and the exit code."""
    if isinstance(failure, PhysForgeError):
        return type(failure).__name__, str(failure), failure.exit_code
    if isinstance(failure, typer.TyperException):
        return "UsageError", _usage(failure), failure.exit_code
    if isinstance(failure, typer.Abort):
        return "Aborted", "nothing was done, because the question was not answered with yes.", 1
    if isinstance(failure, OSError) and failure.filename is not None:
        sentence = f"cannot use {str(failure.filename)!r}: {failure.strerror or failure}."
        return "FileError", sentence, UNUSABLE_FILE
    kept = _keep_traceback(failure)
    sentence = (
        f"PhysForge itself failed ({type(failure).__name__}: {failure}); "
        f"the details are in {kept}, please report them."
    )
    return "InternalError", sentence, UNEXPECTED


def _usage(failure: typer.TyperException) -> str:
    context = getattr(failure, "ctx", None)
    sentence = failure.format_message().replace("Value error, ", "")  # pydantic's, through Typer
    if not sentence.endswith((".", "?")):
        sentence += "."
    hint = f" Try '{context.command_path} --help'." if context is not None else ""
    return f"{sentence[:1].lower()}{sentence[1:]}{hint}"


def show_warning(message: Warning | str, *_: object) -> None:
    """Print a warning as `warning: <sentence>`; to be `warnings.showwarning`."""
    _say(str(message), "warning:", "bold yellow")


def _say(sentence: str, kind: str = "error:", style: str = "bold red") -> None:
    from ._console import stderr, styled

    message = styled(kind, style)
    message.append(f" {one_line(sentence)}", style="not bold default")
    stderr().print(message, soft_wrap=True)


def _keep_traceback(failure: Exception) -> Path:
    """Write the traceback under the workspace's home, or where that cannot be, under the temporary folder."""
    text = "".join(traceback.format_exception(failure))
    text = f"physforge {' '.join(sys.argv[1:])}\n\n{text}"
    name = f"cli-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (_logs, _temporary):
        try:
            kept = folder() / name
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return kept
        except OSError:
            continue
    raise failure


def _logs() -> Path:
    return private_folder(private_folder(home()) / "logs")


def _temporary() -> Path:
    import tempfile

    return Path(tempfile.gettempdir())
