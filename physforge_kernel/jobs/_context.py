"""What a running job can see and do: inputs, progress, artifacts, a checkpoint, and inner tasks.

A `Context` speaks through a `Host`. Under the runner the host is a line to the job's supervisor; to try a
kind out without one, `FolderHost` keeps everything in a folder of yours.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..errors import JobError

if TYPE_CHECKING:
    from xarray import Dataset

T = TypeVar("T")
R = TypeVar("R")

_CHUNKS_PER_SLOT = 4


class JobCancelledError(BaseException):
    """The job was cancelled, or its runner is stopping; let it pass, so that the process can end.

    It is no `Exception`, so that an `except Exception` around a step of the work does not swallow it.
    """


class Host(Protocol):
    """What stands behind a context."""

    slots: int
    """How many inner tasks run at once."""

    def progress(self, fraction: float, message: str) -> None: ...
    def metrics(self, values: Mapping[str, float], step: int | None) -> None: ...
    def artifact(self, name: str, path: Path, media_type: str | None) -> None: ...
    def checkpoint(self, path: Path) -> None: ...
    def cancelled(self) -> bool: ...
    def run_chunks(self, chunks: Sequence[bytes]) -> list[ChunkAnswer]:
        """Work out every chunk, in order, or return the one that failed."""
        ...


@dataclass(frozen=True)
class Input:
    """A dataset that the job was given, pinned to one version."""

    ref: str
    """Such as `wake@3`."""
    path: Path
    """The file, or the folder of a version with several files; read-only."""
    readable: tuple[str, ...] = ()
    """The paths in it of those files that can be read as fields; empty where nobody has looked."""

    def open(self, file: str | None = None, *, dims: str | Sequence[str] | None = None) -> Dataset:
        """Return the input as a field.

        Args:
            file: which one, for a version with several files; such as `runs/a.csv`.
            dims: the axes, where the file does not tell them, as for `pf.read`.

        Raises:
            JobError: several files can be read and none of them was named, or no such file can be read.
            FieldError: the file cannot be read as a field.
        """
        from ..fields import read

        folder = self.path.is_dir()
        files = self.readable or (self._files() if folder else (self.path.name,))
        if file is None and len(files) != 1:
            raise JobError(
                f"{self.ref} holds {len(files)} files that can be read: {', '.join(files[:8])}. "
                f"Say which in the setting 'file', such as {files[0]}."
            )
        if file is not None and file not in files:
            raise JobError(
                f"{self.ref} has no file {file!r} that can be read. It holds {', '.join(files[:8])}."
            )
        return read(self.path / (file or files[0]) if folder else self.path, dims=dims)

    def file(self) -> Path:
        """Return the path of the input's only file, for what is no field.

        Raises:
            JobError: it has several.
        """
        files = self._files() if self.path.is_dir() else ()
        if len(files) > 1:
            raise JobError(f"{self.ref} holds {len(files)} files; give a dataset of one.")
        return self.path / files[0] if files else self.path

    def _files(self) -> tuple[str, ...]:
        found = (path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file())
        return tuple(sorted(found))


@dataclass(frozen=True)
class Artifacts:
    """What the job leaves behind."""

    host: Host
    scratch: Path

    def add(
        self,
        name: str,
        content: Path | str | bytes | Mapping[str, Any] | list[Any],
        media_type: str | None = None,
    ) -> None:
        """Keep a file under a name; it is safe once this returns.

        Args:
            name: such as `result.json` or `figures/fit.png`; adding a name again replaces it.
            content: a path to a file, bytes, or a mapping or list to be written as JSON.
            media_type: such as `image/png`; guessed from the name if left out.

        Raises:
            JobError: the name, the file or the values cannot be kept.
        """
        pure = PurePosixPath(name)
        if not name or pure.is_absolute() or ".." in pure.parts or str(pure) != name:
            raise JobError(
                f"{name!r} cannot name an artifact: use a relative path such as 'figures/fit.png'."
            )
        self.host.artifact(name, self._as_file(name, content), media_type)

    def _as_file(self, name: str, content: Path | str | bytes | Mapping[str, Any] | list[Any]) -> Path:
        if isinstance(content, str | Path):
            path = Path(content)
            if not path.is_file():
                raise JobError(f"The artifact {name!r} cannot be kept: {path} is not a file.")
            return path.resolve()
        if isinstance(content, bytes):
            data = content
        else:
            try:
                data = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False).encode()
            except (TypeError, ValueError) as error:
                raise JobError(f"The artifact {name!r} cannot be written as JSON: {error}.") from error
        path = self.scratch / ".artifacts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


@dataclass(frozen=True)
class Context:
    """What a kind's `run(config, context)` is given.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     context = trial(Path(folder))
        ...     context.map(abs, [-1, -2, 3])
        [1, 2, 3]
    """

    host: Host
    inputs: Mapping[str, Input]
    scratch: Path
    """A folder of this attempt's own, removed after it."""
    attempt: int = 1
    """Counts from 1."""
    seed: int = 0
    """The config's seed, or one derived from the job's id; the same in every attempt."""
    resumed: Path | None = None
    artifacts: Artifacts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "artifacts", Artifacts(self.host, self.scratch))

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the job is; raise `JobCancelledError` if it was cancelled.

        Args:
            fraction: the share of the work that is done, from 0 to 1.
            message: what is being done, in a few words.
        """
        self.raise_if_cancelled()
        share = min(1.0, max(0.0, float(fraction))) if math.isfinite(fraction) else 0.0
        self.host.progress(share, message)

    def log(self, text: str) -> None:
        """Add lines to the job's log, in step with what the job prints."""
        print(text, file=sys.stdout, flush=True)

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record named numbers, such as a loss, at a step."""
        self.host.metrics({str(name): float(value) for name, value in values.items()}, step)

    def checkpoint(self, content: Path | str | bytes) -> None:
        """Keep a file, in place of the last one, from which a later attempt can go on; it is safe at return.

        Raises:
            JobError: the file cannot be kept.
        """
        if isinstance(content, bytes):
            path = self.scratch / ".checkpoint"
            path.write_bytes(content)
        else:
            path = Path(content).resolve()
            if not path.is_file():
                raise JobError(f"The checkpoint cannot be kept: {path} is not a file.")
        self.host.checkpoint(path)

    def resume(self) -> Path | None:
        """Return the last checkpoint of an earlier attempt, or None."""
        return self.resumed

    def cancelled(self) -> bool:
        """Say whether the job should stop now, saving what it can: a few seconds later it is killed."""
        return self.host.cancelled()

    def raise_if_cancelled(self) -> None:
        """Raise `JobCancelledError` if the job should stop."""
        if self.host.cancelled():
            raise JobCancelledError

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Return `[function(item) for item in items]`, worked out by inner tasks on the runner's cluster.

        The tasks run in processes of their own. What a task raises is raised here, and the other tasks are
        stopped. A task whose process is killed is run again, so `function` should be pure.

        Raises:
            JobError: an inner task's process died again and again.
            JobCancelledError: the job was cancelled.
        """
        import cloudpickle

        every = list(items)
        size = max(1, math.ceil(len(every) / (_CHUNKS_PER_SLOT * max(1, self.host.slots))))
        chunks = [every[start : start + size] for start in range(0, len(every), size)]
        if not chunks:
            return []
        answers = self.host.run_chunks([cloudpickle.dumps((function, chunk)) for chunk in chunks])
        values: list[R] = []
        for answer in answers:
            result = cloudpickle.loads(answer.packed)  # written by run_chunk in a process of this same job
            if answer.failed:
                raise result
            values.extend(result)
        return values


@dataclass(frozen=True)
class ChunkAnswer:
    """What came of one chunk of a `Context.map`: its values, or the exception that stopped it, pickled."""

    packed: bytes
    failed: bool = False


def run_chunk(packed: bytes) -> ChunkAnswer:
    """Work out one chunk, as `Context.map` packed it."""
    import cloudpickle

    try:
        function, chunk = cloudpickle.loads(packed)  # written by Context.map in a process of this same job
        return ChunkAnswer(cloudpickle.dumps([function(item) for item in chunk]))
    except Exception as error:  # it is raised again where map was called
        trail = traceback.format_exc()
        error.add_note(f"In an inner task:\n{trail}")
        try:
            answer = cloudpickle.dumps(error.with_traceback(None))
            cloudpickle.loads(answer)
        except Exception:  # some exceptions cannot be pickled, or not be made again
            plain = JobError(f"An inner task failed with {type(error).__name__}: {error}.")
            plain.add_note(trail)
            answer = cloudpickle.dumps(plain)
        return ChunkAnswer(answer, failed=True)


@dataclass
class FolderHost:
    """A host that keeps what a job leaves in a folder, and runs its inner tasks one after another."""

    folder: Path
    slots: int = 1
    stop: bool = False
    story: list[tuple[str, Any]] = field(default_factory=list)

    def progress(self, fraction: float, message: str) -> None:
        self.story.append(("progress", (fraction, message)))

    def metrics(self, values: Mapping[str, float], step: int | None) -> None:
        self.story.append(("metrics", (dict(values), step)))

    def artifact(self, name: str, path: Path, media_type: str | None) -> None:
        kept = self.folder / "artifacts" / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)
        self.story.append(("artifact", (name, media_type)))

    def checkpoint(self, path: Path) -> None:
        shutil.copyfile(path, self.folder / "checkpoint")

    def cancelled(self) -> bool:
        return self.stop

    def run_chunks(self, chunks: Sequence[bytes]) -> list[ChunkAnswer]:
        answers: list[ChunkAnswer] = []
        for chunk in chunks:
            answers.append(run_chunk(chunk))
            if answers[-1].failed:
                return answers[-1:]
        return answers


def trial(folder: Path, inputs: Mapping[str, Path] | None = None, *, seed: int = 0) -> Context:
    """Return a context to try a kind in, without a workspace or a runner.

    Args:
        folder: gets `artifacts/`, `checkpoint` and `scratch/`; a checkpoint found there is resumed from.
        inputs: name of the input -> its file.
        seed: the context's seed.
    """
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint"
    return Context(
        host=FolderHost(folder),
        inputs={name: Input(path.name, path) for name, path in (inputs or {}).items()},
        scratch=scratch,
        seed=seed,
        resumed=checkpoint if checkpoint.exists() else None,
    )
