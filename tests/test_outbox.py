"""The worker of WebSub and the mirror: no news is lost, whatever it is doing, and its end is bounded."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from feedsvc.app import outbox as outbox_module
from feedsvc.app.network_health import is_down
from feedsvc.app.outbox import Outbox
from feedsvc.app.websub import WebSubNotifier
from feedsvc.errors import PublishError
from feedsvc.pace import retry
from feedsvc.store.websub_queue import WebSubQueue
from tests.services import Home
from tests.test_websub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOUR = 3600.0


def until(found: Callable[[], bool]) -> None:
    """Wait until `found`, for as long as a busy machine may need."""
    end = time.monotonic() + 300
    while not found():
        assert time.monotonic() < end
        time.sleep(0.002)


class Passes:
    """Passes that are counted, and stop in the middle when they are told to."""

    def __init__(self, *waits: float | None) -> None:
        self.number = 0
        self.waits = list(waits)
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()
        self.outbox = Outbox("test", self.one)

    def one(self) -> float | None:
        self.number += 1
        self.begun.set()
        assert self.may_go_on.wait(300)
        return self.waits.pop(0) if self.waits else None


def test_nothing_begins_before_it_is_told() -> None:
    passes = Passes()
    assert not passes.outbox.is_started
    passes.outbox.end()
    assert passes.number == 0


def test_what_is_told_during_a_pass_has_a_pass_of_its_own() -> None:
    passes = Passes()
    passes.may_go_on.clear()
    passes.outbox.tell()
    assert passes.begun.wait(300)
    passes.outbox.tell()
    passes.may_go_on.set()
    until(lambda: passes.number == 2)
    passes.outbox.end()
    assert passes.number == 2


def test_what_is_told_at_any_moment_is_followed_by_a_pass() -> None:
    """A pass sees what was told before it; the wake-up is lost when the last one has begun before the last was told."""
    told = seen = 0

    def one() -> float | None:
        nonlocal seen
        seen = told
        return None

    outbox = Outbox("test", one)
    for number in range(2000):
        told = number + 1
        outbox.tell()
        if number % 3:
            until(lambda: seen == told)  # noqa: B023 - it is asked at once
    until(lambda: seen == told)
    outbox.end()


def test_what_was_told_before_the_end_is_still_done_and_nothing_after_it() -> None:
    passes = Passes()
    passes.may_go_on.clear()
    passes.outbox.tell()
    assert passes.begun.wait(300)
    passes.outbox.tell()
    passes.outbox.ask_end()
    passes.outbox.tell()
    passes.may_go_on.set()
    passes.outbox.end()
    assert passes.number == 2
    passes.outbox.end()


def test_a_pass_is_told_when_it_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "END_SECONDS", 0.01)
    passes = Passes()
    assert not passes.outbox.is_late()
    passes.outbox.ask_end()
    until(passes.outbox.is_late)


def test_the_end_is_bounded_even_when_a_pass_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "END_SECONDS", 0.01)
    passes = Passes()
    passes.may_go_on.clear()
    passes.outbox.tell()
    assert passes.begun.wait(300)
    passes.outbox.end()  # comes back
    passes.may_go_on.set()


def test_what_is_due_begins_without_being_told() -> None:
    passes = Passes(0.0, 0.01, None)
    passes.outbox.tell()
    until(lambda: passes.number == 3)
    passes.outbox.end()


@pytest.mark.parametrize("error", [PublishError("the bucket is away"), KeyError("a bug")])
def test_a_pass_that_fails_is_logged_and_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox_module, "BROKEN_SECONDS", 0.01)
    number = 0

    def one() -> float | None:
        nonlocal number
        number += 1
        if number == 1:
            raise error
        return None

    outbox = Outbox("test", one)
    outbox.tell()
    until(lambda: number == 2)
    outbox.end()
    assert str(error) in caplog.text


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_feed_that_changes_while_the_hub_is_told_of_another_is_told_of_too(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pass is held where it has seen the queue empty, and has not ended yet."""
    home = Home(tmp_path)
    ended, may_end = threading.Event(), threading.Event()
    real = WebSubQueue.close

    def close(queue: WebSubQueue) -> None:
        if threading.current_thread().name == "websub" and not may_end.is_set():
            ended.set()
            assert may_end.wait(300)
        real(queue)

    monkeypatch.setattr(WebSubQueue, "close", close)
    config = home.config.__class__(feeds=home.config.feeds.__class__(hub=hub.url))
    ops = tmp_path / "archive" / "ops.db"
    notifier = WebSubNotifier(config, ops, home.clock)
    notifier.tell(["a.atom"])
    assert ended.wait(300)
    notifier.tell(["b.atom"])
    may_end.set()
    until(lambda: len(hub.told) == 2)
    notifier.end()
    with closing(WebSubQueue(ops)) as left:
        assert left.next() is None
    home.close()


def test_waits_after_failures_are_those_that_the_docs_name() -> None:
    assert [retry(60.0, failures) for failures in (1, 2, 3, 12)] == [60.0, 120.0, 240.0, 86400.0]
    assert [retry(60.0, failures, 6 * HOUR) for failures in (1, 2, 9, 10, 1000)] == [60, 120, 15360, 6 * HOUR, 6 * HOUR]


def test_our_own_network_is_down_when_three_fail_and_none_is_reached() -> None:
    assert [is_down(number, reached=False) for number in (0, 2, 3, 9)] == [False, False, True, True]
    assert not is_down(9, reached=True)
