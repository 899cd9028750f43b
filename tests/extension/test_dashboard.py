"""The dashboard is shown wherever JupyterLab was started, and only to who is signed in."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

Fetch = Callable[..., Awaitable[HTTPResponse]]

PLACE = ("physforge", "dashboards")


@pytest.fixture
def jp_environ(jp_environ: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Jupyter finds what is installed beside this Python, and nobody's workspace."""
    monkeypatch.setenv("JUPYTER_PATH", str(Path(sys.prefix) / "share" / "jupyter"))
    monkeypatch.setenv("PHYSFORGE_URL", f"unix:{tmp_path / 'nobody'}")


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"physforge_lab": True, "voila.server_extension": True}}}


async def test_it_is_shown_from_a_folder_without_notebooks(jp_fetch: Fetch, jp_root_dir: Path):
    assert not list(jp_root_dir.rglob("*.ipynb"))

    answer = await jp_fetch(*PLACE, "discovery", request_timeout=120)

    page = answer.body.decode()
    assert "physforgeMostBytes" in page
    assert '"model_id"' in page or "widget-view" in page


async def test_there_are_no_others(jp_fetch: Fetch):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*PLACE, "tea")
    assert refused.value.code == 404


async def test_nobody_else_is_shown_any(jp_fetch: Fetch):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*PLACE, "discovery", headers={"Authorization": ""}, follow_redirects=False)
    assert refused.value.code == 302
    assert "/login" in refused.value.response.headers["Location"]  # pyright: ignore[reportOptionalMemberAccess]
