"""Pictures beside the runs of a daemon, and over a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.app.pictures.maintenance import check_pictures, standing
from tests.loopback import answering
from tests.pictures.making import a_png
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    import pytest

    from tests.pictures.conftest import Keeping

    Make = Callable[..., Keeping]

COUNT = 12
CONFIG = """
[service]
media = "images"
[fetch]
allow_networks = ["127.0.0.1/32"]
host_gap_seconds = 0
[[source]]
name = "posts"
kind = "directory"
path = "content"
"""


async def test_no_run_waits_for_a_picture_and_no_end_either(keeping: Make) -> None:
    asked, released = threading.Event(), threading.Event()

    def hang(request: BaseHTTPRequestHandler) -> None:
        del request
        asked.set()
        released.wait(300)

    with answering(hang) as port:
        home = keeping()
        home.write("a.md", a_post("One", f"![](http://127.0.0.1:{port}/a.png)"))
        (first,) = await home.service.ingest(["posts"])
        assert await asyncio.to_thread(asked.wait, 30)
        home.write("b.md", a_post("Two", "Nothing to see, and nothing to wait for."))
        (second,) = await home.service.ingest(["posts"])
        assert (first.added, second.added) == (1, 1)
        assert "Two" in (home.archive / "feeds" / "all.atom").read_text()
        await home.service.close()
        assert not released.is_set()
        released.set()
    home.service = home.opened()
    assert home.waiting() == {f"http://127.0.0.1:{port}/a.png": ("", 0, False)}


async def test_the_daemon_keeps_and_emits_pictures_by_itself(keeping: Make) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(a_png())

    with answering(answer) as port:
        home = keeping()
        home.write("a.md", a_post("One", f"![](http://127.0.0.1:{port}/a.png)"))
        await home.service.ingest(["posts"])
        for _ in range(1000):
            if "/media/" in (home.archive / "feeds" / "all.atom").read_text():
                break
            await asyncio.sleep(0.01)
    assert "/media/" in (home.archive / "feeds" / "all.atom").read_text()


async def test_a_round_that_fails_for_a_bug_is_logged_and_harms_no_run(
    keeping: Make, caplog: pytest.LogCaptureFixture
) -> None:
    home = keeping()
    (posts,) = home.config.sources
    home.service.config = replace(home.config, sources=(replace(posts, base_url="//["),))  # no configuration has it
    home.write("a.md", a_post("One", "![](http://x.invalid/b.png)"))
    (report,) = await home.service.ingest(["posts"])
    for _ in range(1000):
        if caplog.records:
            break
        await asyncio.sleep(0.01)
    await home.service.close()
    assert report.added == 1
    logged = [
        each for each in caplog.records if each.name == "feedsvc.app.pictures.download"
    ]  # a round may be cut short, too
    assert {(each.getMessage(), bool(each.exc_info)) for each in logged} == {
        ("a round of pictures failed; the next run makes another one", True)
    }
    home.service = home.opened()


def test_after_a_kill_every_picture_is_kept_and_no_file_is_left_over(tmp_path: Path) -> None:
    killed: list[int] = []
    running: list[subprocess.Popen[bytes]] = []
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        if len(asked) == COUNT // 2 and not killed:
            killed.append(running[0].pid)
            os.kill(running[0].pid, signal.SIGKILL)
        request.send_response(200)
        request.end_headers()
        request.wfile.write(a_png(request.path))

    with answering(answer) as port:
        (tmp_path / "content").mkdir()
        (tmp_path / "config.toml").write_text(CONFIG)
        for number in range(COUNT):
            text = a_post(str(number), f"![](http://127.0.0.1:{port}/{number}.png)")
            (tmp_path / "content" / f"{number}.md").write_text(text)
        command = [sys.executable, "-m", "feedsvc", "--config", str(tmp_path / "config.toml"), "ingest"]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        assert running[0].wait(900) == -signal.SIGKILL
        done = subprocess.run(command, capture_output=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    home = Home(tmp_path)
    assert standing(home.view).kept == COUNT
    assert standing(home.view).waiting == 0
    assert list(check_pictures(home.view, whole=True)) == []
    assert not list((tmp_path / "archive" / "media").rglob(".*"))
    assert len(set(asked)) == COUNT
    assert len(asked) <= COUNT + 1
    home.close()
