"""The data: choose a dataset, or upload a file, and see a picture of it."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from .._shared import shared_folder
from .._wording import size, when
from ..errors import AxesError
from ..reports import discovery as drawing
from ..workspace import DatasetInfo, Version, Workspace
from ._pieces import box, button, markup, show, text
from ._stage import Stage, Tell

Progress = Callable[[float, str], None]

MOST_DRAWN = 500_000_000
"""A file larger than this, in bytes, is not read only to be drawn."""

ONE_PEN = threading.Lock()
"""Matplotlib's style is one for the whole process: whoever draws holds this."""

_NONE_YET = "You have no data here yet. Upload a file below, or try one that comes with PhysForge."
_FORMATS = ".csv,.tsv,.txt,.h5,.hdf5,.nc,.npz,.npy,.mat,.json,.vtk,.vti,.vtr,.vts,.vtu"


@dataclass(frozen=True)
class Chosen:
    """A version, the file of it that is a field, its axes if the file does not tell them, and its picture.

    Where there is no picture, a sentence stands for it.
    """

    version: Version
    file: str | None
    axes: str | None
    files: tuple[str, ...]
    picture: str


class DataPart:
    """Lets a person choose data.

    Args:
        stage: Where things happen.
        changed: Called when other data are ready to be searched, or none.
        picked: Called when a person wants other data.
    """

    def __init__(self, stage: Stage, changed: Callable[[], None], picked: Callable[[], None]) -> None:
        self._stage = stage
        self._changed = changed
        self._picked = picked
        self._workspace: Workspace | None = None
        self._wanted: str | None = None
        self.chosen: Chosen | None = None
        self._quiet = False
        self._names = widgets.Dropdown(options=(), description="Dataset")
        self._names.observe(lambda _: self._on_choice(None), "value")
        self._files = widgets.Dropdown(options=(), description="File")
        self._files.observe(lambda change: self._on_choice(change["new"]), "value")
        self._axes = widgets.Text(
            description="Axes",
            placeholder="for example t,x",
            continuous_update=False,
            layout={"display": "none"},
        )
        self._axes.observe(lambda change: self._on_choice(self._file, change["new"]), "value")
        self._file: str | None = None
        self._about = markup("", "pf-about")
        self._samples = box((), "pf-list")
        self._upload = widgets.FileUpload(
            accept=_FORMATS, multiple=False, description="", icon="", tooltip="Upload a file"
        )
        self._upload.add_class("pf-upload")
        self._upload.observe(self._on_upload, "value")
        self._said = markup("", "pf-upload-said")
        self.picture = markup("", "pf-part", "pf-picture")
        self.view = box(
            (
                markup(text("Your data", "h2")),
                self._names,
                self._files,
                self._axes,
                self._about,
                self._samples,
                self._upload,
                self._said,
            ),
            "pf-data",
        )
        self._show_files(())

    def open(self, workspace: Workspace) -> None:
        """List the workspace's datasets, and choose the newest."""
        self._workspace = workspace
        self._list(select=None)

    def choose(self, name: str, axes: str | None, picture: str) -> None:
        """Show that this dataset is chosen, with a picture that is there already."""
        if name in self._known():
            self._set(name)
            self._look(None, axes, draw=False)
        else:
            self._stage.drop("data")
        self.picture.value = picture

    def pick(self, name: str) -> None:
        """Choose a dataset, at once or when the list of them has come."""
        self._wanted = name
        if name in self._known() and name != self._names.value:
            self._set(name)
            self._look(None)

    def _list(self, select: str | None) -> None:
        workspace = self._need()
        self._stage.work(
            lambda _: workspace.datasets.list(), lambda found: self._show_list(found, select), lane="datasets"
        )

    def _show_list(self, found: Sequence[DatasetInfo], select: str | None) -> None:
        names = [info.name for info in found]
        before = select or self._wanted or self._names.value
        self._wanted = None
        self._quiet = True
        self._names.options = names
        self._names.disabled = not names
        newest = max(found, key=lambda info: info.created, default=None)
        self._names.value = before if before in names else newest and newest.name
        self._quiet = False
        self._samples.children = () if names else tuple(map(self._offer, _samples()))
        if names:
            self._look(None)
        else:
            self.chosen = None
            self._about.value = text(_NONE_YET)
            self.picture.value = ""
            self._changed()

    def _offer(self, sample: Sample) -> widgets.Button:
        def take() -> None:
            workspace = self._need()
            self._busy(f"Keeping {sample.name} …")
            self._send(
                lambda progress: workspace.datasets.upload(
                    sample.path, sample.name, description=sample.description, progress=progress
                )
            )

        label = f"{sample.name}\n{sample.description}"
        return button(label, lambda: self._stage.act(take), "pf-earlier")

    def _on_choice(self, file: str | None, axes: str | None = None) -> None:
        if not self._quiet:
            self._stage.act(self._picked)
            self._stage.act(lambda: self._look(file, (axes or "").strip() or None))

    def _look(self, file: str | None, axes: str | None = None, *, draw: bool = True) -> None:
        """Fetch what is known of the chosen dataset, and draw it."""
        workspace, name = self._need(), self._names.value
        if name is None:
            return
        self.chosen = None
        self._changed()
        self._show_axes(axes)
        if draw:
            self.picture.value = text("Drawing the data …", class_="pf-wait", role="status")
        self._stage.work(
            lambda tell: self._fetch(workspace, name, file, axes, tell, draw=draw),
            lambda chosen: self._show(chosen, draw=draw),
            lane="data",
            otherwise=self._refuse,
        )

    def _fetch(
        self, workspace: Workspace, name: str, file: str | None, axes: str | None, tell: Tell, *, draw: bool
    ) -> Chosen:
        version = workspace.datasets.get(name)
        files = version.readable
        file = file or (files[0] if len(files) > 1 else None)
        tell(lambda: self._describe(version, file, files))
        if not draw:
            return Chosen(version, file, axes, files, "")
        try:
            return Chosen(version, file, axes, files, _picture(workspace, version, file, axes))
        except AxesError:
            tell(self._ask)
            raise

    def _ask(self) -> None:
        """Let the person name the axes, which the file does not tell."""
        show(self._axes, True)

    def _show_axes(self, axes: str | None) -> None:
        self._quiet = True
        self._axes.value = axes or ""
        self._quiet = False
        show(self._axes, axes is not None)

    def _describe(self, version: Version, file: str | None, files: tuple[str, ...]) -> None:
        self._file = file
        self._show_files(files, file)
        self._about.value = about(version, file)

    def _show(self, chosen: Chosen, *, draw: bool) -> None:
        self.chosen = chosen
        if draw:
            self.picture.value = chosen.picture
        self._changed()

    def _refuse(self, said: str) -> None:
        self.picture.value = text(said, class_="pf-refused", role="alert")

    def _show_files(self, files: tuple[str, ...], file: str | None = None) -> None:
        many = len(files) > 1
        if many:
            self._quiet = True
            self._files.options = files
            self._files.value = file
            self._quiet = False
        show(self._files, many)

    def _on_upload(self, change: Mapping[str, Any]) -> None:
        for given in change["new"]:
            name, content = str(given["name"]), bytes(given["content"])
            self._stage.act(lambda name=name, content=content: self._receive(name, content))

    def _receive(self, name: str, content: bytes) -> None:
        workspace = self._need()
        self._upload.value = ()  # so that the same file, once mended, can be chosen again
        self._busy(f"Keeping {name} …")
        self._send(lambda progress: _keep(workspace, name, content, progress))

    def _send(self, upload: Callable[[Progress], Version]) -> None:
        self._stage.work(
            lambda tell: upload(lambda done, said: tell(lambda: self._busy(f"{said} … {done:.0%}"))),
            self._kept,
            lane="upload",
            otherwise=lambda said: self._done(said, "pf-refused"),
        )

    def _kept(self, version: Version) -> None:
        known = "is here already" if version.reused else f"is kept as {version.ref}"
        self._done(f"{version.files[0].path} {known}.", "pf-kept")
        self._picked()
        self._list(select=version.name)

    def _busy(self, said: str) -> None:
        self._set_busy(True)
        self._said.value = text(said, role="status")

    def _set_busy(self, busy: bool) -> None:
        for widget in (self._upload, *self._samples.children):
            widget.disabled = busy

    def _done(self, said: str, style: str) -> None:
        self._set_busy(False)
        self._said.value = text(said, class_=style, role="alert" if style == "pf-refused" else "status")

    def _set(self, name: str) -> None:
        self._quiet = True
        self._names.value = name
        self._quiet = False

    def _known(self) -> tuple[str, ...]:
        return tuple(self._names.options or ())

    def _need(self) -> Workspace:
        if self._workspace is None:
            raise RuntimeError("no workspace has been opened")
        return self._workspace


def _picture(workspace: Workspace, version: Version, file: str | None, axes: str | None) -> str:
    """Return a field's picture, or a sentence that stands for one.

    Raises:
        AxesError: the file does not tell its axes, and these are not theirs.
    """
    if version.size > MOST_DRAWN:
        described = _metadata(version, file)
        if axes is None and not described.get("axes", True):
            raise AxesError(described["notes"][0])
        return text(
            f"{size(version.size)} are too much to draw here. Its law can be searched for nevertheless."
        )
    field = workspace.datasets.open(version, file, dims=axes)
    with ONE_PEN:
        return drawing.drawn(field, f"{version.ref}, as uploaded.").markup


@dataclass(frozen=True)
class Sample:
    """A dataset that ships with PhysForge."""

    name: str
    path: Path
    description: str


def _samples() -> tuple[Sample, ...]:
    folder = shared_folder("notebooks") / "data"
    known = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    return tuple(Sample(name, folder / one["file"], one["description"]) for name, one in known.items())


def _keep(workspace: Workspace, name: str, content: bytes, progress: Progress) -> Version:
    with tempfile.TemporaryDirectory(prefix="physforge-") as folder:
        path = Path(folder) / (Path(name.replace("\\", "/")).name or "upload")
        path.write_bytes(content)
        return workspace.datasets.upload(path, progress=progress)


def about(version: Version, file: str | None) -> str:
    """Return what is known of a version in two lines: its description, then what it holds."""
    metadata = _metadata(version, file)
    axes = metadata.get("axes", ())
    names = ", ".join(variable["name"] for variable in metadata.get("variables", ()))
    points = " × ".join(str(axis["size"]) for axis in axes)
    holds = f"{names} over {', '.join(axis['name'] for axis in axes)} · {points} points" if axes else ""
    facts = filter(None, (holds, size(version.size), when(version.created)))
    said = text(version.description) if version.description else ""
    return said + text(" · ".join(facts), class_="pf-facts-line")


def _metadata(version: Version, file: str | None) -> Mapping[str, Any]:
    """Return what was read of a version, or of one of its files."""
    if file is not None and len(version.files) > 1:
        return version.metadata.get("files", {}).get(file, {})
    return version.metadata
