"""What each page costs at N articles: median CPU beside an empty table page of Datasette, in the same run.

    python benchmarks/million.py --articles 1000000 [--keep DIR]

One process serves and asks, over ASGI and without a network, so that its CPU time is that of the answer (Datasette's and our
threads are in it). Every request is new to all caches but SQLite's: other categories, articles, words.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import filling
from posts import category

from feedsvc import serve
from feedsvc.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Client: TypeAlias = Any  # datasette.app.DatasetteClient

REPEATS = 30
GOALS = {  # page -> how many empty table pages it may cost
    "front": 2.0,
    "category, a top": 2.0,
    "category, a leaf": 2.0,
    "article": 1.0,
    "search, 2 characters": 2.0,
    "table with two facets": 4.0,
}
SEARCH_GOAL = 0.030  # seconds of CPU at the median for the query of two characters itself


def piece(chance: random.Random, count: int, length: int) -> str:
    """Return `length` characters that stand side by side in some article."""
    text = filling.article(chance.randrange(1, count) // 30 * 30 + 1)[2].partition("\n")[0]
    start = chance.randrange(len(text) - length)
    return text[start : start + length]


def pages(count: int) -> dict[str, Callable[[random.Random], str]]:
    """Return page -> the address of one such page, taken at random."""

    def words(chance: random.Random, length: int) -> str:
        return piece(chance, count, length)

    return {
        "empty table": lambda _: "/archive/also_in",
        "front": lambda _: "/",
        "category, a top": lambda chance: f"/category/{category(chance.randrange(300))[0]}",
        "category, a leaf": lambda chance: f"/category/{'/'.join(category(chance.randrange(300)))}",
        "source": lambda chance: f"/source/source-{chance.randrange(filling.SOURCES):02}",
        "article": lambda chance: f"/articles/{UUID(int=0xFEED << 64 | chance.randrange(1, count))}",
        "search, 1 character": lambda chance: f"/search?q={words(chance, 1)}",
        "search, 2 characters": lambda chance: f"/search?q={words(chance, 2)}",
        "search, 4 characters": lambda chance: f"/search?q={words(chance, 4)}",
        "search by relevance": lambda chance: f"/search?q={words(chance, 2)}&sort=relevance",
        "search in a category": lambda chance: (
            f"/search?q={words(chance, 2)}&category={category(chance.randrange(300))[0]}"
        ),
        "table": lambda _: "/archive/articles",
        "table with two facets": lambda chance: (
            f"/archive/articles?_facet=source&_facet=language&source=source-{chance.randrange(filling.SOURCES):02}"
        ),
        "feeds": lambda _: "/feeds/",
        "status": lambda _: "/-/status",
    }


def searches(folder: Path, count: int) -> Iterator[float]:
    """Yield the CPU seconds of the newest 30 hits for two characters, one by one, in SQLite alone."""
    import sqlite3  # noqa: PLC0415

    from feedsvc.store.search_index import match_query, register  # noqa: PLC0415

    connection = sqlite3.connect(folder / "archive.db")
    register(connection)
    chance = random.Random(5)
    for _ in range(4 * REPEATS):
        words = match_query(piece(chance, count, 2))
        begun = time.process_time()
        connection.execute(
            "select rowid from articles_fts where articles_fts match ? order by rowid desc limit 30",
            [words],
        ).fetchall()
        yield time.process_time() - begun


async def costs(folder: Path, count: int) -> dict[str, float]:
    """Return page -> median CPU seconds."""
    datasette = serve.build(Config(archive=str(folder)), ops=folder / "ops.db")
    await datasette.invoke_startup()
    taken: dict[str, list[float]] = {}
    chance = random.Random(7)
    for _ in range(REPEATS):  # page after page, so that what else the machine does falls on all of them alike
        for name, address in pages(count).items():
            taken.setdefault(name, []).append(await _cost(datasette.client, address(chance)))
    found = {name: statistics.median(seconds[2:]) for name, seconds in taken.items()}
    serve.close(datasette)
    return found


async def _cost(client: Client, address: str) -> float:
    begun = time.process_time()
    answer = await client.get(address)
    taken = time.process_time() - begun
    if answer.status_code != 200:
        sys.exit(f"{answer.status_code} for {address}: {answer.text[:300]}")
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="a folder for the archive, used again when it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if not (folder / "archive.db").exists():
            filling.fill(folder, options.articles)
        return report(folder, options.articles)


def report(folder: Path, count: int) -> int:
    """Print what each page costs; return 1 when a goal is missed."""
    size = (folder / "archive.db").stat().st_size
    print(f"{count:,} articles, {size / 1e6:,.0f} MB: {size / count:,.0f} bytes an article")
    found = asyncio.run(costs(folder, count))
    empty = found["empty table"]
    missed = 0
    for name, seconds in found.items():
        goal = GOALS.get(name)
        late = goal is not None and seconds > goal * empty
        missed += late
        wanted = f"  goal {goal:g}" if goal else ""
        print(f"{name:24} {seconds * 1e3:7.1f} ms CPU  x{seconds / empty:5.2f}{wanted}{'  MISSED' if late else ''}")
    searched = statistics.median(searches(folder, count))
    late = searched > SEARCH_GOAL
    print(f"{'two characters, SQL':24} {searched * 1e3:7.1f} ms CPU  goal 30{'  MISSED' if late else ''}")
    return 1 if missed or late else 0


if __name__ == "__main__":
    sys.exit(main())
