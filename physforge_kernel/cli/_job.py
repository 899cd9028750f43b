"""`physforge job`: submit work, watch it, read what it found."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .._wording import plain, when
from ._console import facts, json_line, print_json, say, show, styled, table
from ._following import exit_by, follow, say_turn
from ._options import AsJson
from ._pairs import config_of
from ._records import event_document, job_document, workspace
from ._usage import MisuseError

if TYPE_CHECKING:
    from ..jobs import Kind

app = typer.Typer(no_args_is_help=True, help="Jobs: submit, watch, read results, cancel.")

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]
KindName = Annotated[str, typer.Argument(metavar="KIND", help="A job kind; physforge job kinds lists them.")]

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]

STATE_STYLES: dict[State, str] = {
    "queued": "dim",
    "running": "cyan",
    "succeeded": "green",
    "failed": "bold red",
    "cancelled": "yellow",
}


@app.command("submit")
def submit(
    kind: KindName,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="[NAME=]DATASET[@V]", help="What it works on, as in wake@3."),
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config", "-c", metavar="KEY=VALUE|FILE", help="Settings, one by one or a YAML or JSON file."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="A name to find it by.")] = None,
    watch_it: Annotated[bool, typer.Option("--watch", "-w", help="Follow it to its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Submit a job; it runs on when this command has ended."""
    jobs = workspace().jobs
    job = jobs.submit(kind, config_of(config), inputs=_inputs(inputs), name=name)
    if not watch_it:
        if as_json:
            print_json(job_document(job))
        else:
            say(job.id)
        return
    if not as_json:
        say(job.id)
    follow(jobs, job.id, None if as_json else say_turn)
    ended = jobs.get(job.id)
    if as_json:
        print_json(job_document(ended))
    exit_by(ended)


def _inputs(texts: list[str] | None) -> Any:
    """`wake@3` alone is the kind's single input; `NAME=wake@3` names it."""
    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    named: dict[str, str] = {}
    for text in texts:
        name, equals, ref = text.partition("=")
        if not equals:
            raise MisuseError(f"{text!r} does not say which input it is: write NAME={text}.")
        named[name] = ref
    return named


@app.command("kinds")
def list_kinds(as_json: AsJson = False) -> None:
    """List the kinds of job that can be submitted."""
    from ..jobs import kinds

    found = [kinds.get(name) for name in kinds.names()]
    if as_json:
        listed = [
            {"name": k.name, "summary": k.summary, "inputs": list(k.inputs), "optional": dict(k.optional)}
            for k in found
        ]
        print_json(listed)
        return
    rows = [[styled(kind.name, "bold"), _slots(kind), kind.summary] for kind in found]
    show(table(["kind", "inputs", "what it does"], rows))


def _slots(kind: Kind) -> str:
    """The inputs of a kind, those that may be left out in brackets."""
    return ", ".join((*kind.inputs, *(f"[{name}]" for name in kind.optional)))


@app.command("schema")
def schema(kind: KindName) -> None:
    """Print the JSON schema of a kind's settings."""
    from ..jobs import kinds

    print_json(kinds.schema(kind))


@app.command("list")
def list_jobs(
    state: Annotated[State | None, typer.Option("--state", help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    found = workspace().jobs.list(state, limit)
    if as_json:
        print_json([job_document(job) for job in found])
        return
    if not found:
        say(
            "no jobs"
            + (f" that are {state}" if state else " yet: physforge job submit discover --input DATASET")
        )
        return
    rows = [
        [
            styled(job.id, "bold"),
            job.kind,
            _state(job),
            when(job.created),
            ", ".join(job.inputs.values()),
            job.name or "",
        ]
        for job in found
    ]
    show(table(["job", "kind", "state", "created", "inputs", "name"], rows))


@app.command("show")
def show_job(job_id: JobId, as_json: AsJson = False) -> None:
    """Show a job: state, inputs, settings, artifacts."""
    jobs = workspace().jobs
    job = jobs.get(job_id)
    artifacts = jobs.artifacts(job_id)
    if as_json:
        listed = [
            {"name": a.name, "size": a.size, "sha256": a.sha256, "media_type": a.media_type}
            for a in artifacts
        ]
        print_json({**job_document(job), "artifacts": listed})
        return
    say()
    say(f"  {job.id}", style="bold")
    facts(
        {
            "kind": job.kind,
            "name": job.name,
            "state": _state(job),
            "message": job.message,
            "error": job.error,
            "attempt": job.attempt,
            "inputs": ", ".join(f"{name} = {ref}" for name, ref in job.inputs.items()),
            "config": ", ".join(
                f"{key} = {value!s:.100}" for key, value in job.config.items() if value is not None
            ),
            "created": when(job.created),
            "started": when(job.started),
            "finished": when(job.finished),
            "artifacts": ", ".join(a.name for a in artifacts),
        }
    )


@app.command("watch")
def watch(
    job_id: JobId,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, one for each event.")
    ] = False,
) -> None:
    """Follow a job to its end; the exit code says how it ended."""
    jobs = workspace().jobs
    follow(jobs, job_id, _print_event if as_json else say_turn)
    exit_by(jobs.get(job_id))


def _print_event(event: Any) -> None:
    json_line(event_document(event))


@app.command("log")
def log(job_id: JobId, as_json: AsJson = False) -> None:
    """Print what a job wrote to its log."""
    text = workspace().jobs.log(job_id)
    if as_json:
        print_json({"job": job_id, "log": text})
    else:
        sys.stdout.write(plain(text) if text.endswith("\n") or not text else plain(text) + "\n")


@app.command("result")
def result(job_id: JobId, as_json: AsJson = False) -> None:
    """Wait for a job and print its result."""
    jobs = workspace().jobs
    follow(jobs, job_id)
    found = jobs.result(job_id)
    job = jobs.get(job_id)
    if as_json or not {"terms", "verdict"} <= found.keys():
        print_json(found)
        return
    from ._law import print_law

    print_law(found, subject=", ".join(job.inputs.values()) or job_id)


@app.command("cancel")
def cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """Ask a job to stop."""
    jobs = workspace().jobs
    jobs.cancel(job_id)
    job = jobs.get(job_id)
    if as_json:
        print_json(job_document(job))
    else:
        say(
            f"{job_id} is cancelled"
            if job.state == "cancelled"
            else f"asked {job_id} to stop; it is {job.state}"
        )


def _state(job: Any) -> Any:
    words = f"{job.state} {job.progress:.0%}" if job.state == "running" else job.state
    return styled(words, STATE_STYLES.get(job.state, ""))
