"""Job kinds that do what jobs may do to a runner: the tests install them as a package of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pydantic import BaseModel, Field

import physforge_kernel
from physforge_kernel.errors import FieldError
from physforge_kernel.jobs import Context, Kind
from physforge_kernel.workspace import EmbeddedWorkspace


class Nothing(BaseModel):
    """No settings."""


class Echo(BaseModel):
    text: str = "hello"
    seed: int | None = None


def echo(config: Echo, context: Context) -> None:
    context.progress(0.5, "Echoing")
    context.log(f"Echoing {config.text}")
    context.metrics({"loss": 0.25}, step=1)
    context.artifacts.add(
        "result.json",
        {
            "text": config.text,
            "attempt": context.attempt,
            "seed": context.seed,
            "scratch": str(context.scratch),
            "pid": os.getpid(),
        },
    )


class Held(BaseModel):
    """Steps that each add to a sum, held after some step in the first attempt."""

    steps: int = Field(default=6, ge=1)
    hold_after: int = 3
    trace: Path


def held(config: Held, context: Context) -> None:
    saved = context.resume()
    done, total = map(int, saved.read_text().split()) if saved else (0, 0)
    for step in range(done + 1, config.steps + 1):
        total += step
        context.checkpoint(f"{step} {total}".encode())
        with config.trace.open("a") as trace:
            trace.write(f"{context.attempt} {step} {os.getpid()}\n")
        context.progress(step / config.steps, f"Step {step}")
        while context.attempt == 1 and step == config.hold_after:
            context.raise_if_cancelled()
            time.sleep(0.02)
    context.artifacts.add("result.json", {"total": total, "attempt": context.attempt})


class Stubborn(BaseModel):
    trace: Path


def stubborn(config: Stubborn, context: Context) -> None:
    """Hears no SIGTERM, and leaves a child in the group and one in a session of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wait = [sys.executable, "-c", "import time; time.sleep(600)"]
    children = [subprocess.Popen(wait), subprocess.Popen(wait, start_new_session=True)]
    config.trace.write_text(" ".join(str(child) for child in [os.getpid(), *(one.pid for one in children)]))
    while True:
        time.sleep(0.05)


class Failure(BaseModel):
    how: str


class UnpicklableError(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def fail(config: Failure, context: Context) -> None:
    match config.how:
        case "sentence":
            raise FieldError("The field has no axis t: give it one.")
        case "surprise":
            raise ZeroDivisionError("division of a secret by zero\nsecond line")
        case "memory":
            raise MemoryError
        case "exit":
            os._exit(3)
        case "artifact":
            context.artifacts.add("result.json", {"value": float("nan")})
        case "inner":
            context.map(_inverse, [2, 1, 0])
        case "unpicklable":
            context.map(_raise_unpicklable, [1])


def _inverse(value: int) -> float:
    return 1 / value


def _raise_unpicklable(value: int) -> None:
    raise UnpicklableError(value, 2)


class Squares(BaseModel):
    count: int = 10
    die_once: Path | None = None
    always_die: bool = False


def squares(config: Squares, context: Context) -> None:
    def square(value: int) -> tuple[int, int]:
        print(f"Squaring {value}")
        if config.always_die or (value == 3 and config.die_once and not config.die_once.exists()):
            if config.die_once:
                config.die_once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return value * value, os.getpid()

    answers = context.map(square, range(config.count))
    context.artifacts.add(
        "result.json",
        {
            "squares": [value for value, _ in answers],
            "processes": sorted({pid for _, pid in answers}),
            "own": os.getpid(),
        },
    )


class Endless(BaseModel):
    folder: Path


def endless(config: Endless, context: Context) -> None:
    """Waits for inner tasks that never end."""

    def wait(number: int) -> None:
        (config.folder / f"{number}").write_text(str(os.getpid()))
        while True:
            time.sleep(0.05)

    context.map(wait, range(2))


class Noise(BaseModel):
    lines: int = 20_000


def noise(config: Noise, context: Context) -> None:
    for number in range(config.lines):
        print(f"line {number:06d} of a long story that nobody reads to the end")


def hungry(config: Nothing, context: Context) -> None:
    eaten = bytearray(300_000_000)
    while eaten:
        time.sleep(0.05)


def slow(config: Nothing, context: Context) -> None:
    while True:
        time.sleep(0.05)


def read(config: Nothing, context: Context) -> None:
    given = context.inputs["field"]
    field = given.open()
    context.artifacts.add(
        "result.json", {"ref": given.ref, "name": given.path.name, "mean": float(field["u"].mean())}
    )


def around(config: Nothing, context: Context) -> None:
    """Says what it finds around it, itself and in an inner task: the environment, and whose workspace."""

    def look(_: int) -> dict[str, object]:
        workspace = physforge_kernel.connect()
        assert isinstance(workspace, EmbeddedWorkspace)
        return {
            "environment": dict(os.environ),
            "owner": workspace.owner,
            "home": str(workspace.home),
            "jobs": [job.id for job in workspace.jobs.list()],
            "datasets": [info.name for info in workspace.datasets.list()],
        }

    context.artifacts.add("result.json", {"itself": look(0), "inner task": context.map(look, [0])[0]})


KINDS = {
    kind.name: kind
    for kind in (
        Kind("trial-echo", Echo, echo, "Says what it was told.", inputs=()),
        Kind("trial-held", Held, held, "Adds up, with pauses.", inputs=()),
        Kind("trial-stubborn", Stubborn, stubborn, "Will not stop.", inputs=()),
        Kind("trial-fail", Failure, fail, "Fails.", inputs=()),
        Kind("trial-squares", Squares, squares, "Squares numbers side by side.", inputs=()),
        Kind("trial-endless", Endless, endless, "Never ends.", inputs=()),
        Kind("trial-noise", Noise, noise, "Prints a lot.", inputs=()),
        Kind("trial-hungry", Nothing, hungry, "Eats memory.", inputs=(), memory_bytes=200_000_000),
        Kind("trial-slow", Nothing, slow, "Takes its time.", inputs=(), seconds=1.0),
        Kind("trial-around", Nothing, around, "Looks around.", inputs=()),
        Kind("trial-read", Nothing, read, "Reads its input."),
    )
}
NOT_A_KIND = "a text"


def __getattr__(name: str) -> Kind:
    # An entry point leads to an attribute: `trial_echo` is the kind `trial-echo`.
    try:
        return KINDS[name.replace("_", "-")]
    except KeyError:
        raise AttributeError(name) from None
