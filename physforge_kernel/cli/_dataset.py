"""`physforge dataset`: the workspace's datasets and their versions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .._wording import size, when
from ._console import bullet, facts, print_json, progress, prose, say, show, stdout, styled, table
from ._options import AsJson
from ._records import dataset_document, version_document, workspace
from ._usage import MisuseError

app = typer.Typer(no_args_is_help=True, help="Datasets: upload, list, inspect, download, delete.")

Ref = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="A dataset's newest version, or wake@3.")]


@app.command("upload")
def upload(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file, or a folder of files.")],
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="The dataset's name. Default: the file's.")
    ] = None,
    description: Annotated[str, typer.Option(help="A sentence about it.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag; again for more.")] = None,
    as_json: AsJson = False,
) -> None:
    """Upload a file as a dataset's next version."""
    datasets = workspace().datasets
    with progress(f"Uploading {source.name}") as report:
        version = datasets.upload(
            source, name, description=description, tags=tuple(tag or ()), progress=report
        )
    if as_json:
        print_json(version_document(version))
    else:
        done = "unchanged" if version.reused else "uploaded"
        say(f"{done} {version.ref}  ({size(version.size)}, {version.id[:12]})")
        if version.metadata.get("ways") is not None and not version.metadata.get("variables"):
            prose(*version.metadata["notes"])


@app.command("list")
def list_datasets(
    search: Annotated[
        str | None, typer.Argument(help="Only those whose name, description or tags contain this.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the datasets by name."""
    found = workspace().datasets.list(search)
    if as_json:
        print_json([dataset_document(info) for info in found])
        return
    if not found:
        say(
            "no datasets yet: physforge dataset upload FILE"
            if search is None
            else f"no dataset matches {search!r}"
        )
        return
    rows = [
        [styled(info.name, "bold"), info.latest, size(info.size), when(info.created), info.description]
        for info in found
    ]
    show(table(["name", "version", "size", "created", "description"], rows, right=("version", "size")))


@app.command("info")
def info(ref: Ref, as_json: AsJson = False) -> None:
    """Show one version: its files, identity and what the data look like."""
    version = workspace().datasets.get(ref)
    if as_json:
        print_json(version_document(version))
        return
    say()
    say(f"  {version.ref}", style="bold")
    facts(
        {
            "description": version.description,
            "tags": ", ".join(version.tags),
            "created": when(version.created),
            "size": size(version.size),
            "manifest": version.id,
        }
    )
    say()
    show(
        table(
            ["file", "size", "sha256"],
            [[f.path, size(f.size), f.sha256] for f in version.files],
            right=("size",),
        ),
        indent=2,
    )
    for path, description in version.metadata.get("files", {"": version.metadata}).items():
        say()
        if path:
            say(f"  {path}", style="bold")
        _show_description(description)


def _show_description(description: Mapping[str, Any]) -> None:
    """Show what `describe` found when a file was uploaded, or why it could not be read."""
    if "refused" in description:
        prose(description["refused"])
        return
    if not description["variables"]:  # nobody has said yet which axis is which
        for note in description["notes"]:
            prose(note)
        return
    axes = [
        [a["name"], a["size"], f"{a['start']:.6g}", f"{a['stop']:.6g}", a["units"] or ""]
        for a in description["axes"]
    ]
    show(table(["axis", "points", "from", "to", "units"], axes, right=("points", "from", "to")), indent=2)
    say()
    variables = [
        [v["name"], f"({', '.join(v['dims'])})", v["dtype"], *_counts(v), v["units"] or ""]
        for v in description["variables"]
    ]
    columns = ["variable", "axes", "type", "missing", "infinite", "units"]
    show(table(columns, variables, right=("missing", "infinite")), indent=2)
    for note in description.get("notes", ()):
        bullet(note)


def _counts(variable: Mapping[str, Any]) -> list[object]:
    counts = variable["missing"], variable.get("infinite")
    return ["not counted" if count is None else count for count in counts]


@app.command("versions")
def versions(
    name: Annotated[str, typer.Argument(help="The dataset's name.")], as_json: AsJson = False
) -> None:
    """List a dataset's versions."""
    found = workspace().datasets.versions(name)
    if as_json:
        print_json([version_document(version) for version in found])
        return
    rows = [[styled(v.ref, "bold"), size(v.size), when(v.created), v.id[:12], v.description] for v in found]
    show(table(["version", "size", "created", "manifest", "description"], rows, right=("size",)))


@app.command("download")
def download(
    ref: Ref,
    destination: Annotated[
        Path, typer.Argument(metavar="[TO]", help="A folder, or the file's new name.")
    ] = Path("."),
    as_json: AsJson = False,
) -> None:
    """Copy a version's files out of the workspace."""
    written = workspace().datasets.download(ref, destination)
    if as_json:
        print_json({"ref": ref, "path": str(written)})
    else:
        say(f"downloaded {ref} to {written}")


@app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(help="The dataset's name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a dataset with all its versions."""
    datasets = workspace().datasets
    found = datasets.versions(name)
    if not yes:
        if not sys.stdin.isatty():
            raise MisuseError("deleting cannot be undone: say --yes where nobody can be asked.")
        stdout().print(f"Delete {name} and its {len(found)} version(s)? This cannot be undone.")
        typer.confirm("Delete", abort=True)
    datasets.delete(name)
    if as_json:
        print_json({"deleted": name, "versions": len(found)})
    else:
        say(f"deleted {name} ({len(found)} version{'s' if len(found) != 1 else ''})")
