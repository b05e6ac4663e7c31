"""The hub is told of what changed, and of nothing else; a hub that is away is told later."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from feedsvc.app.websub import WebSubNotifier
from feedsvc.config import FeedsConfig
from feedsvc.store.websub_queue import WebSubQueue
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Hub:
    """A hub on loopback that keeps what it is told, and answers `status`."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.status = 204
        hub = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                assert form["hub.mode"] == ["publish"]
                hub.told += form["hub.url"]
                self.send_response(hub.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@contextmanager
def opened(folder: Path, hub: str) -> Iterator[Home]:
    """Open a home; on leaving, what is being told is told to its end."""
    home = Home(folder, feeds=FeedsConfig(hub=hub, formats=("atom",)))
    try:
        yield home
    finally:
        home.service.close_now()


def waiting(folder: Path, home: Home) -> list[tuple[str, int]]:
    pings = WebSubQueue(folder / "archive" / "ops.db")
    home.clock.pass_by(days=2)
    found = pings.due(home.clock.now())
    pings.close()
    return found


FIRST = [f"http://127.0.0.1:8001/feeds/{path}.atom" for path in ("all", "category/notes", "source/posts")]


def test_the_hub_is_told_of_each_feed_that_changed(tmp_path: Path, hub: Hub) -> None:
    with opened(tmp_path, hub.url) as home:
        home.write("a.md", a_post())
        home.ingest(emit=True)
    assert sorted(hub.told) == FIRST
    assert waiting(tmp_path, home) == []


def test_the_hub_is_not_told_of_what_stayed_the_same(tmp_path: Path, hub: Hub) -> None:
    with opened(tmp_path, hub.url) as home:
        home.write("a.md", a_post())
        home.ingest(emit=True)
    hub.told.clear()
    with opened(tmp_path, hub.url) as home:
        home.write("b.md", a_post("On tides", "Spring and neap.", categories="[tides]"))
        home.ingest(emit=True)
        home.service.emit_now(everything=True)
    assert "http://127.0.0.1:8001/feeds/category/tides.atom" in hub.told
    assert "http://127.0.0.1:8001/feeds/category/notes.atom" not in hub.told


def test_a_hub_that_fails_is_told_later_by_whoever_runs_then(tmp_path: Path, hub: Hub) -> None:
    hub.status = 503
    with opened(tmp_path, hub.url) as home:
        home.write("a.md", a_post())
        home.ingest(emit=True)
    assert len(hub.told) == 1  # the first that fails ends the pass
    assert sorted(waiting(tmp_path, home)) == [(FIRST[0], 1), (FIRST[1], 0), (FIRST[2], 0)]
    hub.status = 202
    with opened(tmp_path, hub.url) as home:
        home.clock.pass_by(days=1)
        home.ingest(emit=True)
    assert sorted(hub.told[1:]) == FIRST


def test_a_hub_that_is_away_fails_no_run(tmp_path: Path) -> None:
    with opened(tmp_path, "http://127.0.0.1:9") as home:
        home.write("a.md", a_post())
        report = home.ingest(emit=True)
    assert (report.added, report.error) == (1, "")
    assert [tries for _topic, tries in waiting(tmp_path, home)] == [0, 0, 1]


def test_without_a_hub_nothing_waits(tmp_path: Path) -> None:
    with opened(tmp_path, "") as home:
        home.write("a.md", a_post())
        home.ingest(emit=True)
    assert waiting(tmp_path, home) == []


def test_a_topic_is_given_up_in_the_end(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.app.websub.TRIES", 1)
    hub.status = 500
    with opened(tmp_path, hub.url) as home:
        WebSubNotifier(home.config, tmp_path / "archive" / "ops.db", home.clock).tell([])
        home.write("a.md", a_post())
        home.ingest(emit=True)
    assert len(waiting(tmp_path, home)) == 2
