"""What a built wheel holds beyond the package itself."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # pyright: ignore[reportMissingImports]


class CarryShared(BuildHookInterface):
    """Put tutorials and report templates into a wheel; an editable install reads them from the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            for folder in ("notebooks", "templates"):
                build_data["force_include"][folder] = f"physforge_kernel/_share/{folder}"
