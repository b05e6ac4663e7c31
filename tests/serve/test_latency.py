"""A connection that is kept alive is no slower than a new one, for each kind of address of the real server.

Where TCP_NODELAY is missing, each answer on a kept connection waits 40 ms for the client's acknowledgement. Rounds take
turns, medians are compared, and one good round of five is enough: a busy machine spoils a round, and no round of such a
server is good.
"""

from __future__ import annotations

import statistics
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from latency import ask, connected

from tests.serve.child import serving
from tests.serve.sample import make, uuid_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUNDS, REQUESTS = 5, 50
FACTOR, SPARE = 1.3, 0.003  # seconds; a kept connection may take FACTOR * fresh + SPARE
PATHS = {
    "health": "/-/healthz",
    "article": f"/articles/{uuid_of(1)}",
    "feeds": "/feeds/",
    "stylesheet": "/-/static-plugins/feedsvc/feedsvc.css",
    "table": "/archive/articles.json",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("latency")
    make(folder / "archive")
    with serving(folder) as child:
        yield int(child.address.rpartition(":")[2])


def medians(port: int, path: str, requests: int) -> tuple[float, float]:
    """Return the medians of requests on one connection, and on a new one each, which take turns; in seconds."""
    kept, fresh = [], []
    with closing(connected(port)) as connection:
        ask(connection, path)
        for _ in range(requests):
            begun = time.perf_counter()
            ask(connection, path)
            kept.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            with closing(connected(port)) as other:
                ask(other, path)
            fresh.append(time.perf_counter() - begun)
    return statistics.median(kept), statistics.median(fresh)


@pytest.mark.parametrize("what", PATHS)
def test_a_kept_connection_is_as_quick_as_a_new_one(port: int, what: str) -> None:
    found = []
    for _ in range(ROUNDS):
        kept, fresh = medians(port, PATHS[what], REQUESTS)
        if kept <= FACTOR * fresh + SPARE:
            return
        found.append(f"{1000 * kept:.1f} ms kept alive, {1000 * fresh:.1f} ms fresh")
    pytest.fail(f"{PATHS[what]}: {'; '.join(found)}")
