"""An executed notebook as one HTML file that loads nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What the page tells the browser: no script, no network, pictures only from within."""

_HERE = Path(__file__).resolve().parent
_SHOWN = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain")


def to_html(notebook: Any, *, title: str, code: bool = False) -> str:
    """Return an executed notebook as a standalone page.

    Args:
        notebook: The executed notebook (`nbformat` node).
        title: The page's title.
        code: Show the code of cells; otherwise it stays in the notebook.
    """
    from nbconvert.exporters import HTMLExporter

    from .. import __version__

    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(_HERE)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.display_data_priority = list(_SHOWN)  # pyright: ignore[reportAttributeAccessIssue]
    about = {
        "title": title,
        "policy": POLICY,
        "generator": f"PhysForge {__version__}",
        "code": code,
        "css": (_HERE / "page" / "page.css").read_text(encoding="utf-8"),
    }
    html, _ = exporter.from_notebook_node(notebook, resources={"physforge": about})
    return html
