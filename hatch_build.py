"""What a built wheel holds beyond the package itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CarryShared(BuildHookInterface):
    """Put notebooks and the hub's configuration into a wheel; an editable install reads the checkout's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        build_data["force_include"]["jupyterhub_config.py"] = "physforge_hub/jupyterhub_config.py"
        for folder in ("dashboards", "notebooks", "templates"):
            for path in sorted((root / folder).rglob("*")):
                name = path.relative_to(root)
                if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
                    build_data["force_include"][str(name)] = f"physforge_kernel/_share/{name.as_posix()}"
