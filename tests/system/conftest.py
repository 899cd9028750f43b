"""What system tests drive for real: a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from ..conftest import ROOT
from ..conftest import environment_for as environment_for
from ..conftest import processes_of as processes_of

# Without these a browser talks to its maker's servers, and a root user's does not start at all.
_BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's own browser, without a window."""
    names = (os.environ.get("PHYSFORGE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "no Chromium here: `make test` installs one, or says how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def screenshots() -> Path:
    """Where pictures go: `make images` names docs/images, the tests keep theirs aside."""
    folder = ROOT / os.environ.get("PHYSFORGE_SCREENSHOTS", "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
