"""`python -m physforge_hub._welcome PERSON`: makes ready what a person finds at their server.

The tutorials and dashboards in their folder, trusted; a quiet JupyterLab; and, once and never again, the
sample datasets in their workspace.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from physforge_kernel._home import private_folder
from physforge_kernel._shared import shared_folder
from physforge_kernel.errors import PhysForgeError, WorkspaceError

from ._folder import Seeding, seed
from ._settings import Settings

_SAMPLES = "data/samples.json"


def welcome(person: str, settings: Settings) -> Seeding:
    """Make ready what a person finds; what is there already stays.

    Returns:
        what happened to the tutorials and dashboards, with paths relative to the person's folder.

    Raises:
        PhysForgeError: the samples cannot be uploaded.
        OSError: a folder cannot be made or written.
    """
    jupyter = private_folder(settings.jupyter_of(person))
    folder = settings.folder_of(person)
    seeding = seed({"": shared_folder("notebooks"), "dashboards": shared_folder("dashboards")}, folder)
    _trust(jupyter, folder, (*seeding.added, *seeding.refreshed))
    _quiet_news(jupyter)
    upload_samples(person, settings)
    return seeding


def upload_samples(person: str, settings: Settings) -> list[str]:
    """Upload the sample datasets that this person was never given; return their names.

    One that the person deleted does not come back; a dataset of theirs with a sample's name stays as it is.
    """
    notebooks = shared_folder("notebooks")
    samples = json.loads((notebooks / _SAMPLES).read_text())
    record = private_folder(settings.state / "samples") / f"{person}.json"
    given: list[str] = json.loads(record.read_text()) if record.exists() else []
    missing = [name for name in samples if name not in given]
    if missing:
        from physforge_kernel.workspace import EmbeddedWorkspace

        datasets = EmbeddedWorkspace(settings.home).acting_for(settings.owner_of(person)).datasets
        theirs = {dataset.name for dataset in datasets.list()}
        for name in missing:
            if name not in theirs:
                path = notebooks / "data" / samples[name]["file"]
                datasets.upload(path, name, description=samples[name]["description"], tags=["sample"])
            given = [*given, name]
            record.write_text(json.dumps(given))
    return missing


def _trust(jupyter: Path, folder: Path, names: Sequence[str]) -> None:
    """Let the notebooks that we shipped show what they display without a warning."""
    notebooks = [name for name in names if name.endswith(".ipynb")]
    if notebooks:
        import nbformat
        from nbformat.sign import NotebookNotary

        notary = NotebookNotary(data_dir=str(jupyter))
        for name in notebooks:
            notary.sign(nbformat.read(folder / name, as_version=4))


def _quiet_news(jupyter: Path) -> None:
    """Answer JupyterLab's first question, which is whether it may fetch news from the network: no."""
    defaults = jupyter / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir(parents=True, exist_ok=True)
    answer = {"fetchNews": "false", "checkForUpdates": False}
    defaults.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": answer}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Welcome the person named on the command line; return the exit status."""
    [person] = sys.argv[1:] if arguments is None else arguments
    try:
        welcome(person, Settings.read())
    except PhysForgeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{error.filename!r} cannot be used: {error.strerror}.", file=sys.stderr)
        return WorkspaceError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
