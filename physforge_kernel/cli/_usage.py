"""A command that was called in a way that cannot be meant."""

import typer


class MisuseError(typer.TyperException):
    """Says in a sentence what to write instead; exits like the errors that Typer itself finds."""

    exit_code = 2
