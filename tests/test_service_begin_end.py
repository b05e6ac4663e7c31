"""A start that fails holds nothing; a reload and an end keep neither runs nor emissions waiting for a hub or a bucket."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from feedsvc.app import service as service_module
from feedsvc.app.due_times import DueTimes
from feedsvc.errors import ArchiveDamagedError
from feedsvc.store.archive import Archive
from feedsvc.store.operations import Operations
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.close()


STARTS = {
    "archive": (Archive, "_meta"),
    "stale marks": (Archive, "depends_on"),
    "states": (Operations, "states"),
    "gaps": (Operations, "missed"),
    "plans": (DueTimes, "__init__"),
    "lists": (service_module, "expanded"),
    "hub": (service_module, "WebSubNotifier"),
    "mirror": (service_module, "Mirror"),
    "fetcher": (service_module, "Fetcher"),
}


@pytest.mark.parametrize("error", [ArchiveDamagedError("ops.db is damaged"), KeyError("a bug"), KeyboardInterrupt()])
@pytest.mark.parametrize("what", STARTS)
def test_a_start_that_fails_anywhere_leaves_the_archive_to_the_next(
    what: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Home(tmp_path).close()
    threads = threading.active_count()

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(*STARTS[what], fail)
        with pytest.raises(type(error)):
            Home(tmp_path)
    assert threading.active_count() == threads
    home = Home(tmp_path)  # the lock is free
    home.write("a.md", a_post())
    assert home.ingest().added == 1
    home.close()


@pytest.mark.parametrize("worker", ["_websub", "_mirror"])
async def test_a_reload_that_waits_for_a_worker_keeps_nobody_waiting(
    worker: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, may_end = threading.Event(), threading.Event()

    def end() -> None:
        waiting.set()
        assert may_end.wait(300)

    monkeypatch.setattr(getattr(home.service, worker), "end", end)
    reload = asyncio.create_task(asyncio.to_thread(home.service.reload, replace(home.config, title="Another")))
    assert await asyncio.to_thread(waiting.wait, 300)
    home.write("a.md", a_post("On time"))
    (report,) = await home.service.ingest(["posts"])
    assert report.added == 1
    assert "On time" in (home.folder / "archive" / "feeds" / "all.atom").read_text()
    assert not reload.done()
    may_end.set()
    await reload
    assert home.service.config.title == "Another"
    await home.service.ingest(())
    assert "Another" in (home.folder / "archive" / "feeds" / "all.atom").read_text()


@pytest.mark.parametrize("worker", ["_websub", "_mirror", "_limited"])
def test_an_end_that_fails_on_the_way_closes_the_archive_all_the_same(
    worker: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def end(self) -> None:
            raise OSError("no thread to wait for")

        close = ask_end = end

    with monkeypatch.context() as patched:
        patched.setattr(home.service, worker, Failing())
        with pytest.raises(OSError, match="no thread"):
            home.service.close_now()
    home.service = home.opened()
