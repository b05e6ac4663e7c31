"""What requests leave behind in memory has an end, whatever their headers say and however long they are."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from feedsvc.serve.feeds.conditional import HEADERS, wanted
from feedsvc.serve.feeds.fast_path import plain_request
from feedsvc.serve.page_urls import Links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TAG = '"0123456789abcdef0123456789abcdef-br"'
LONG = {  # header -> a long value that no other request has
    "if-none-match": lambda number: ",".join(f'"{number}-{other:03d}"' for other in range(6_000)),
    "accept-encoding": lambda number: ",".join(f"x{number}-{other}" for other in range(6_000)),
    "if-modified-since": lambda number: f"{number} " + "Sun, 01 Mar 2026 08:00:00 GMT" * 2_000,
    "a-im": lambda number: f"feed;{number}" + "=" * 60_000,
    "sec-fetch-dest": lambda number: f"document{number}" + " " * 60_000,
}


@pytest.fixture
def growth() -> Iterator[Callable[[], int]]:
    """Yield what returns the bytes that Python's objects have grown by since the test began."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    def grown() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    yield grown
    tracemalloc.stop()


def test_every_header_that_is_read_has_a_long_value_here() -> None:
    assert LONG.keys() == set(HEADERS)


@pytest.mark.parametrize("name", LONG)
def test_a_long_header_leaves_nothing_behind(growth: Callable[[], int], name: str) -> None:
    for number in range(40):
        wanted({name: LONG[name](number)})
    assert growth() < 200_000


def test_a_long_list_of_tags_is_read_to_its_end() -> None:
    tags = wanted({"if-none-match": f"{LONG['if-none-match'](1)}, W/{TAG}"}).tags
    assert tags is not None
    assert len(tags) == 6_001
    assert tags[-1] == "0123456789abcdef0123456789abcdef"


def test_what_pollers_send_is_read_once() -> None:
    said = {"accept-encoding": "gzip, deflate, br, zstd", "if-none-match": f"W/{TAG}, {TAG}", "a-im": "feed"}
    assert wanted(said) is wanted(dict(said))


def test_the_kept_readings_of_headers_have_an_end_together(growth: Callable[[], int]) -> None:
    for number in range(5_000):
        wanted({"if-none-match": ",".join(f'"{number}{other:02d}"' for other in range(200))})
        wanted({"if-none-match": ",".join(f'"{number:025d}"' for _ in range(16))})
    assert growth() < 16 << 20


@pytest.mark.parametrize("tags", [",".join(f'"{other:03d}"' for other in range(280)), TAG], ids=["many", "one"])
def test_the_kept_requests_have_an_end_together(growth: Callable[[], int], tags: str) -> None:
    for number in range(2_500):
        line = f"GET /feeds/{'a' * 200}{number}.atom HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tags}\r\n"
        assert plain_request(f"{line}X: {'x' * (2_040 - len(line))}\r\n\r\n".encode()) is not None
    assert growth() < 16 << 20


def test_a_request_that_is_longer_than_a_plain_one_is_left_to_the_server() -> None:
    assert plain_request(b"GET / HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (b"x" * 2_048)) is None


def test_long_paths_leave_nothing_behind(growth: Callable[[], int]) -> None:
    links = Links()
    for number in range(40):
        assert links.category(f"{number}{'金' * 20_000}").startswith(f"/category/{number}%E9%87%91")
    assert growth() < 200_000


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 99999999999999999999:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
        f"Mon, 01 Jan {'9' * 6_000} 00:00:00 GMT",
    ],
)
def test_a_date_of_enormous_numbers_is_no_condition(date: str) -> None:
    assert wanted({"if-modified-since": date}).since is None
