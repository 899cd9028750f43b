"""`physforge notebook`: notebooks as batch work, run as jobs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._wording import plain
from ._console import facts, print_json, say, show, styled, table
from ._following import exit_by, follow, say_turn
from ._options import AsJson
from ._pairs import config_of
from ._records import job_document, workspace
from ._usage import MisuseError

if TYPE_CHECKING:
    from ..workspace import Job, Jobs

app = typer.Typer(no_args_is_help=True, help="Notebooks: run one with parameters, list those that ship.")

_SUFFIX = ".ipynb"


@app.command("run")
def run(
    notebook: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME", help="An .ipynb file, or one that physforge notebook list names."
        ),
    ],
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="KEY=VALUE|FILE",
            help="Parameters, one by one or a YAML or JSON file.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Copy the notebook that was run and its page here."
        ),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a notebook as a job, from its first cell to its last; it runs on if this command is ended."""
    file = Path(notebook) if notebook.endswith(_SUFFIX) else None
    stem = Path(notebook).name.removesuffix(_SUFFIX)
    if plain(stem, keep="") != stem:
        raise MisuseError(
            f"{stem!r} cannot be the name of a job, since it holds what is no text or cannot be seen. Give "
            "the notebook's file another name."
        )
    config: dict[str, Any] = {
        "notebook": notebook if file is None else stem,
        "parameters": config_of(parameter),
    }
    if file is not None:
        config["source"] = _text_of(file)
    if output is not None:
        _check(output, file, stem, detach)
    jobs = workspace().jobs
    job = jobs.submit("notebook", config, name=stem)
    if detach:
        print_json(job_document(job)) if as_json else say(job.id)
        return
    if not as_json:
        say(job.id)
    follow(jobs, job.id, None if as_json else say_turn)
    ended = jobs.get(job.id)
    copies = [] if output is None else _copy(jobs, ended, output, stem)
    if as_json:
        print_json({**job_document(ended), "exported": [str(copy) for copy in copies]})
    elif copies:
        facts({"copied to": ", ".join(str(copy) for copy in copies)})
    exit_by(ended)


@app.command("list")
def list_notebooks(as_json: AsJson = False) -> None:
    """List the notebooks that ship with PhysForge, with the parameters that they take."""
    from ..reports import notebooks

    found = {name: notebooks.shipped(name) for name in notebooks.names()}
    if as_json:
        listed = [
            {"name": name, "title": notebooks.title(one), "parameters": notebooks.parameters(one)}
            for name, one in found.items()
        ]
        print_json(listed)
        return
    rows = [
        [
            styled(name, "bold"),
            notebooks.title(one),
            ", ".join(f"{key}={default}" for key, default in notebooks.parameters(one).items()),
        ]
        for name, one in found.items()
    ]
    show(table(["notebook", "title", "parameters"], rows))


def _text_of(file: Path) -> str:
    from ..reports import notebooks

    try:
        return notebooks.stripped(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise MisuseError(f"{str(file)!r} is not text in UTF-8, as a notebook is.") from None


def _check(output: Path, file: Path | None, stem: str, detach: bool) -> None:
    if detach:
        raise MisuseError("--output waits for the notebook's end, and --detach does not: leave one out.")
    if output.exists() and not output.is_dir():
        raise MisuseError(f"{str(output)!r} should be a folder.")
    target = output / f"{stem}{_SUFFIX}"
    if file is not None and target.exists() and target.samefile(file):
        raise MisuseError(f"--output {output} would write over {file}: choose another folder.")


def _copy(jobs: Jobs, job: Job, output: Path, stem: str) -> list[Path]:
    output.mkdir(parents=True, exist_ok=True)
    copies: list[Path] = []
    for artifact in jobs.artifacts(job.id):
        name, suffix = artifact.name.rsplit(".", 1)
        if name == "notebook":
            copies.append(output / f"{stem}.{suffix}")
            shutil.copyfile(jobs.artifact(job.id, artifact.name), copies[-1])
    return copies
