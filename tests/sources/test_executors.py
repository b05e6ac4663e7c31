"""Workers with limits: one bad item costs its own result, not the others'."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from feedsvc.errors import ExecutorError
from feedsvc.executors import EARNING_BYTES, LimitedExecutor, LocalExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator


def work(item: str) -> str:
    """Do what the item says; it runs in a worker."""
    match item:
        case "hang":
            time.sleep(60)
        case "eat":
            return str(len(bytes(4 << 30)))
        case "die":
            os._exit(9)
        case "bug":
            raise KeyError(item)
    return item.upper()


@dataclass(frozen=True)
class Long:
    """A document."""

    body: bytes


def rest(_document: Long) -> str:
    """Take longer than an item has that is no document."""
    time.sleep(1.5)
    return "rested"


@pytest.fixture(scope="module")
def executor() -> Iterator[LimitedExecutor]:
    with LimitedExecutor(2, item_seconds=1.0) as executor:
        yield executor


def test_results_come_in_the_order_of_the_items(executor: LimitedExecutor) -> None:
    assert list(executor.map(work, [str(n) for n in range(50)])) == [str(n) for n in range(50)]


def test_what_hangs_eats_or_dies_fails_alone(executor: LimitedExecutor) -> None:
    items = ["a", "hang", "b", "eat", "c", "die", "d"]
    results = executor.map(work, items, failed=lambda item, error: f"{item}: {error.kind}")
    assert list(results) == ["A", "hang: timeout", "B", "eat: memory", "C", "die: crash", "D"]


def test_a_document_has_as_much_more_time_as_it_is_longer(executor: LimitedExecutor) -> None:
    documents = [Long(b" " * n) for n in (0, 8 * EARNING_BYTES)]
    assert list(executor.map(rest, documents, failed=lambda _, error: str(error))) == ["stopped after 1 s", "rested"]


def test_without_a_stand_in_the_error_comes_out(executor: LimitedExecutor) -> None:
    with pytest.raises(ExecutorError, match="stopped after 1 s"):
        list(executor.map(work, ["hang"]))


def test_a_bug_comes_out_as_itself(executor: LimitedExecutor) -> None:
    with pytest.raises(KeyError):
        list(executor.map(work, ["bug"], failed=lambda *_: "never"))


def test_items_are_taken_only_a_little_ahead(executor: LimitedExecutor) -> None:
    taken = []

    def items() -> Iterator[str]:
        for n in range(1000):
            taken.append(n)
            yield str(n)

    results = executor.map(work, items())
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(taken) < 20


def test_an_executor_can_be_used_again_after_it_was_closed() -> None:
    executor = LimitedExecutor(1)
    first = list(executor.map(work, ["a"]))
    executor.close()
    second = list(executor.map(work, ["b"]))
    executor.close()
    assert first + second == ["A", "B"]


def test_local_work_is_lazy_and_in_order() -> None:
    results = LocalExecutor().map(work, iter(["a", "bug"]))
    assert next(results) == "A"
    with pytest.raises(KeyError):
        next(results)
