"""Deeds happen one after the other; work is slow elsewhere; whatever fails is a sentence."""

from __future__ import annotations

import logging
import re
import threading
from queue import Queue

import pytest

from physforge_kernel.client._problems import unreachable
from physforge_kernel.errors import FieldError
from physforge_kernel.widgets._stage import Stage

PATIENCE = 20.0


@pytest.fixture
def said() -> Queue[str]:
    return Queue()


@pytest.fixture
def stage(said: Queue[str]) -> Stage:
    return Stage(said.put)


def test_deeds_happen_in_order_and_in_one_thread(stage: Stage):
    happened: Queue[tuple[int, int]] = Queue()
    for number in range(50):
        stage.act(lambda number=number: happened.put((number, threading.get_ident())))
    found = [happened.get(timeout=PATIENCE) for _ in range(50)]
    assert [number for number, _ in found] == list(range(50))
    assert len({thread for _, thread in found}) == 1


def test_slow_work_holds_nothing_up(stage: Stage):
    release, outcome = threading.Event(), Queue()
    stage.act(lambda: stage.work(lambda _: release.wait(PATIENCE), outcome.put, lane="slow"))
    stage.act(lambda: outcome.put("meanwhile"))
    assert outcome.get(timeout=PATIENCE) == "meanwhile"
    release.set()
    assert outcome.get(timeout=PATIENCE) is True


def test_an_error_of_ours_is_said_as_it_is(stage: Stage, said: Queue[str]):
    def fail(_: object) -> None:
        raise FieldError("The file holds nothing. Upload another.")

    stage.act(lambda: stage.work(fail, print, lane="read"))
    assert said.get(timeout=PATIENCE) == "The file holds nothing. Upload another."


def test_a_service_that_is_away_is_said_to_people_without_code(stage: Stage, said: Queue[str]):
    def fail(_: object) -> None:
        raise unreachable("http://127.0.0.1:8000/services/physforge", "502 Bad Gateway")

    stage.act(lambda: stage.work(fail, print, lane="read"))
    sentence = said.get(timeout=PATIENCE)
    assert "may be restarting" in sentence
    assert not {"502", "http", "PHYSFORGE_URL"} & set(re.split(r"\W", sentence))


def test_any_other_error_is_a_sentence_and_its_traceback_is_logged(
    stage: Stage, said: Queue[str], caplog: pytest.LogCaptureFixture
):
    logged = logging.getLogger("traitlets")
    logged.addHandler(caplog.handler)
    try:
        stage.act(lambda: [][0])
        sentence = said.get(timeout=PATIENCE)
    finally:
        logged.removeHandler(caplog.handler)
    assert "IndexError" in sentence
    assert sentence.endswith("Try again.")
    assert "list index" not in sentence
    assert "IndexError: list index out of range" in caplog.text


def test_the_stage_goes_on_after_a_failure(stage: Stage, said: Queue[str]):
    stage.act(lambda: [][0])
    stage.act(lambda: said.put("still here"))
    said.get(timeout=PATIENCE)
    assert said.get(timeout=PATIENCE) == "still here"


def test_newer_work_silences_the_older_in_its_lane(stage: Stage):
    release, outcome = threading.Event(), Queue()
    told = threading.Event()

    def slow(tell: object) -> str:
        told.set()
        release.wait(PATIENCE)
        return "old"

    stage.act(lambda: stage.work(slow, outcome.put, lane="data"))
    assert told.wait(PATIENCE)
    stage.act(lambda: stage.work(lambda _: "new", outcome.put, lane="data"))
    assert outcome.get(timeout=PATIENCE) == "new"
    stage.act(lambda: stage.work(lambda _: "other", outcome.put, lane="another"))
    release.set()
    assert outcome.get(timeout=PATIENCE) == "other"
    done = threading.Event()
    stage.act(done.set)
    assert done.wait(PATIENCE)
    assert outcome.empty()


def test_what_silenced_work_raises_is_not_said(stage: Stage, said: Queue[str]):
    release, begun = threading.Event(), threading.Event()

    def fail(_: object) -> None:
        begun.set()
        release.wait(PATIENCE)
        raise FieldError("nobody wants to know")

    stage.act(lambda: stage.work(fail, print, lane="data"))
    assert begun.wait(PATIENCE)
    stage.act(lambda: stage.drop("data"))
    stage.act(release.set)
    stage.act(lambda: stage.work(lambda _: "end", said.put, lane="end"))
    assert said.get(timeout=PATIENCE) == "end"
    assert said.empty()
