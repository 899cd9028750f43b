"""What every test runs under: a workspace of its own, never the one of whoever runs them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Set before any test module is imported, and inherited by what a test starts.
_home = tempfile.TemporaryDirectory(prefix="physforge-tests-")
os.environ["PHYSFORGE_HOME"] = str(Path(_home.name) / "home")
os.environ.pop("PHYSFORGE_URL", None)
