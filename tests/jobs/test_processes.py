"""The parts underneath: the line, the output, the lock, the settings and the killable process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.errors import WorkspaceError
from physforge_kernel.jobs import _process
from physforge_kernel.jobs._channel import pair
from physforge_kernel.jobs._environment import ATTEMPT_MARK, HOME_MARK, without_secrets
from physforge_kernel.jobs._lock import RunnerLock
from physforge_kernel.jobs._output import Output
from physforge_kernel.jobs._settings import Settings


def test_messages_and_frames_arrive_as_they_were_sent():
    ours, theirs = pair()
    large = os.urandom(3_000_000)
    sender = threading.Thread(target=ours.send, args=("map", {"number": 1}, [large, b"", b"end"]))
    sender.start()
    message = theirs.receive()
    sender.join()
    assert (message.about, message.values, message.frames) == ("map", {"number": 1}, (large, b"", b"end"))
    ours.close()
    with pytest.raises(EOFError):
        theirs.receive()
    theirs.close()


@given(
    pieces=st.lists(st.binary(max_size=40), max_size=20),
    limit=st.integers(min_value=0, max_value=200),
    tail=st.integers(min_value=1, max_value=100),
)
def test_output_keeps_its_beginning_and_its_end(pieces: list[bytes], limit: int, tail: int):
    pieces = [bytes(byte % 96 + 32 for byte in piece) + b"\n" for piece in pieces]
    output = Output(limit, tail)
    text = ""
    for piece in pieces:
        output.write(piece)
        text += output.take()
    text += output.last()
    whole = b"".join(pieces).decode()
    if len(whole) <= limit + tail:
        assert text == whole
    else:
        assert text.startswith(whole[:limit])
        assert text.endswith(whole[-tail:])
        assert f"{len(whole) - limit - tail:,} bytes" in text


def test_a_lock_is_handed_to_the_process_that_inherits_it(tmp_path: Path):
    path = tmp_path / "lock"
    lock = RunnerLock.take(path)
    assert lock is not None
    assert RunnerLock.take(path) is None
    command = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(lock.handle,)
    ) as heir:
        assert heir.stdout is not None
        assert heir.stdout.readline() == b"up\n"
        lock.close()
        assert RunnerLock.take(path) is None
        heir.communicate(b"")
    again = RunnerLock.take(path)
    assert again is not None
    again.release()


def test_a_fork_does_not_keep_the_lock(tmp_path: Path):
    script = f"""
import os, sys
from pathlib import Path
from physforge_kernel.jobs._lock import RunnerLock
lock = RunnerLock.take(Path({str(tmp_path / "lock")!r}))
ready, up = os.pipe()
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(up, b".")
    os.read(reading, 1)
    os._exit(0)
os.read(ready, 1)
lock.close()
free = RunnerLock.take(Path({str(tmp_path / "lock")!r}))
os.write(writing, b".")
os.wait()
sys.exit(0 if free is not None else 1)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf"])
def test_a_setting_that_is_no_number_is_named(value: str):
    with pytest.raises(WorkspaceError, match=f"PHYSFORGE_RUNNER_IDLE_SECONDS is '{value}'"):
        Settings.read({"PHYSFORGE_RUNNER_IDLE_SECONDS": value})


def test_a_process_dies_with_the_one_that_started_it(
    tmp_path: Path, eventually: Callable[..., None], is_alive: Callable[[int], bool]
):
    trace = tmp_path / "pid"
    script = f"""
import subprocess, sys, os
child = '''
import os, sys, time
from physforge_kernel._lifeline import die_with
die_with(int(sys.argv[1]))
open({str(trace)!r} + ".new", "w").write(str(os.getpid()))
os.replace({str(trace)!r} + ".new", {str(trace)!r})
time.sleep(600)
'''
subprocess.run([sys.executable, "-c", child, str(os.getpid())], start_new_session=True)
"""
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        eventually(trace.exists, "The child is up")
        child = int(trace.read_text())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not is_alive(child), "The child died too")


def test_marked_processes_are_swept_and_others_are_not(tmp_path: Path, is_alive: Callable[[int], bool]):
    def start(home: Path, attempt: str) -> subprocess.Popen[bytes]:
        marks = {HOME_MARK: str(home), ATTEMPT_MARK: attempt}
        command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]
        process = subprocess.Popen(command, env=os.environ | marks, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()  # from now on its environment shows the marks
        return process

    mine, sibling, other = start(tmp_path, "a.1"), start(tmp_path, "a.2"), start(tmp_path / "other", "a.1")
    try:
        assert _process.sweep(tmp_path, "a.1") == [mine.pid]
        assert mine.wait() == -signal.SIGKILL
        assert is_alive(sibling.pid)
        assert _process.sweep(tmp_path) == [sibling.pid]
        assert is_alive(other.pid)
    finally:
        for process in (mine, sibling, other):
            with process:
                process.kill()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        *((name, True) for name in ("PATH", "HOME", "PYTHONPATH", "PHYSFORGE_RUNNER_JOBS", "TOKENIZERS")),
        *((name, False) for name in ("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER", "JPY_PARENT_PID")),
        *((name, False) for name in ("JUPYTER_TOKEN", "HF_TOKEN", "github_token", "PHYSFORGE_TOKEN")),
        *((name, False) for name in ("PHYSFORGE_URL", "PHYSFORGE_OWNER", "MPLBACKEND", ATTEMPT_MARK)),
    ],
)
def test_what_outlives_a_notebook_or_a_service_gets_none_of_its_tokens(name: str, kept: bool):
    assert (name in without_secrets({name: "x", "LANG": "C"})) is kept


def test_a_death_is_told_in_words():
    assert "SIGKILL" in _process.describe_death(-signal.SIGKILL)
    assert "exit status 3" in _process.describe_death(3)
