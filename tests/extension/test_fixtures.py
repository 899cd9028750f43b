"""The extension's own tests read records as the workspace and the service make them today."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "extension_fixtures.py"


def test_the_records_of_the_extensions_tests_are_what_is_made_today():
    spec = importlib.util.spec_from_file_location("extension_fixtures", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    for name, record in tool.records().items():
        kept = json.loads((tool.FIXTURES / name).read_text())
        assert kept == record, (
            f"extension/test/fixtures/{name} is out of date: run .venv/bin/python tools/extension_fixtures.py"
        )
