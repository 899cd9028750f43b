"""Names that parts of the lab know each other by."""

from __future__ import annotations

SERVICE = "physforge"
"""The service's name at the hub: it answers under `/services/physforge/`."""

KERNEL = "physforge"
"""The kernel that people's notebooks run in, which people see as "PhysForge"."""

FIRST_TUTORIAL = "01_first_law.ipynb"
"""The notebook that a person's server opens with."""
