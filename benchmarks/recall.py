"""Does search find everything? Labelled questions to an archive, asked in each way that there is, beside the truth.

    python benchmarks/recall.py --count 20000              an archive made for it
    python benchmarks/recall.py --archive DIR              one that is there; its feeds/custom gets the questions as feeds

The truth comes from reading every article. A way that has a limit is held to the newest of the truth, as many as it shows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import random
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import filling
import labelled
from labelled import Question

from feedsvc import serve
from feedsvc.app import read_config
from feedsvc.commands import cli

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHOWN = 1_000  # by the command and by a feed: the most that either may be asked for
LIMITS = {
    "command": SHOWN,
    "feed": SHOWN,
    "canned query": 100,
}  # of what a way shows; the last one's newest are those that came last
JUNK = 200
PIECES = 300  # substrings looked for as they are
BITS = (
    '"',
    "*",
    "NEAR(",
    ")",
    "AND",
    "OR",
    "NOT",
    "-",
    "碳",
    "title:",
    "^a",
    "\0",
    " ",
    "''",
    "{",
    "%",
    "é",
    "🦆",
    "a" * 60,
)


class Archive(NamedTuple):
    """What the truth is read from: the articles that are not withdrawn, the newest first."""

    texts: dict[int, str]  # number -> title, author and text
    names: dict[str, int]  # uuid or uid -> number


def junk_of(chance: random.Random) -> str:
    """Return what nobody would call a question, of pieces that mean something to FTS5."""
    return "".join(chance.choices(BITS, k=chance.randint(1, 20)))


def read(path: Path) -> Archive:
    """Return what the archive.db at `path` holds."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "select id, uuid, uid, title, coalesce(author, ''), text from articles where withdrawn is null"
            " order by sort_ts desc, id desc"
        ).fetchall()
    names = {name: row[0] for row in rows for name in row[1:3]}
    return Archive({row[0]: "\n".join(row[3:]) for row in rows}, names)


def configure(home: Path, archive: Path, questions: list[Question]) -> Path:
    """Write a configuration with a feed for each question; return its path."""
    feeds = (
        f'[[feed]]\nslug = "q{n:03}"\nsearch = {json.dumps(each.words, ensure_ascii=False)}\n'
        f'formats = ["json"]\nentries = {SHOWN}\ncontent = "summary"\n'
        for n, each in enumerate(questions)
    )
    path = home / "config.toml"
    path.write_text(f'[service]\narchive = "{archive}"\n' + "".join(feeds), encoding="utf-8")
    return path


def run(config: Path, *arguments: str) -> str:
    """Return what `feedsvc` writes when it is given `arguments`."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        cli(["--config", str(config), *arguments], standalone_mode=False)
    return out.getvalue()


def by_command(config: Path, words: str) -> list[str]:
    """Ask from the shell."""
    return [row["uuid"] for row in json.loads(run(config, "search", "--json", "-n", str(SHOWN), "--", words))]


def by_feed(config: Path, archive: Path, questions: list[Question]) -> list[list[str]]:
    """Subscribe to each question."""
    slugs = [f"q{n:03}" for n in range(len(questions))]
    run(config, "emit", *(f"custom/{slug}" for slug in slugs))
    documents = (archive / "feeds" / "custom" / f"{slug}.json" for slug in slugs)
    return [[item["id"] for item in json.loads(each.read_text("utf-8"))["items"]] for each in documents]


async def by_box(client: Any, words: str) -> list[int]:  # noqa: ANN401 - Datasette has no types
    """Ask Datasette's own search box, page by page."""
    found: list[int] = []
    after = ""
    while after is not None:
        asked = {"_search": words, "_col": "id", "_size": "max", "_nocount": "1", **({"_next": after} if after else {})}
        answer = (await client.get("/archive/articles.json", params=asked)).json()
        found += [row[0] if isinstance(row, list) else row["id"] for row in answer["rows"]]
        after = answer["next"]
    return found


async def by_function(client: Any, words: str) -> list[int]:  # noqa: ANN401 - Datasette has no types
    """Ask SQL, by the function that makes the query."""
    sql = "select group_concat(rowid) as found from articles_fts where articles_fts match feedsvc_query(:words)"
    asked = {"sql": sql, "words": words, "_shape": "array"}
    rows = (await client.get("/archive.json", params=asked, follow_redirects=True)).json()
    return [int(number) for number in (rows[0]["found"] or "").split(",") if number]


async def by_canned(client: Any, words: str) -> list[str]:  # noqa: ANN401 - Datasette has no types
    """Ask the canned query, which shows so many with snippets."""
    rows = (await client.get("/archive/search.json", params={"words": words, "_shape": "array"})).json()
    return [row["uuid"] for row in rows]


@contextlib.asynccontextmanager
async def served(config: Path) -> AsyncIterator[Any]:
    """Give a client of Datasette, as `feedsvc serve` sets it up."""
    datasette = serve.build(read_config(config))
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


async def by_datasette(config: Path, questions: list[Question]) -> dict[str, list[list[Any]]]:
    """Ask Datasette in each of its ways."""
    ways = {"search box": by_box, "SQL function": by_function, "canned query": by_canned}
    async with served(config) as client:
        return {name: [await way(client, each.words) for each in questions] for name, way in ways.items()}


def held(found: list[int], wanted: list[int], limit: int) -> tuple[int, int, int]:
    """Return how many of `wanted` (the first ones first) `limit` has room for, how many of those were found, and how many others."""
    others = len(set(found) - set(wanted))
    due = wanted[: max(0, limit - others)]
    return len(due), len(set(due) & set(found)), others


def judge(questions: list[Question], known: Archive, answers: dict[str, list[list[int]]]) -> int:
    """Print a row for each way and script; return how many articles were missed."""
    folded = {number: labelled.folded(text) for number, text in known.texts.items()}
    truths = [labelled.truth(each, folded if each.latin else known.texts) for each in questions]
    print(f"{len(known.texts):,} articles, {len(questions)} questions, {sum(map(len, truths)):,} answers")
    print(f"{'way':14} {'script':7} {'questions':>9} {'wanted':>8} {'found':>8} {'recall':>7} {'others':>7}")
    missed = 0
    for way, found in answers.items():
        limit = LIMITS.get(way, sys.maxsize)
        order = sorted(known.texts, reverse=True) if way == "canned query" else list(known.texts)
        for script, latin in (("CJK", False), ("Latin", True)):
            asked = [n for n, each in enumerate(questions) if each.latin == latin]
            counts = [held(found[n], [each for each in order if each in truths[n]], limit) for n in asked]
            wanted, hit, others = (sum(column) for column in zip(*counts, strict=True))
            missed += wanted - hit
            print(f"{way:14} {script:7} {len(asked):9} {wanted:8,} {hit:8,} {hit / wanted:7.4f} {others:7,}")
    return missed


async def pieces_missed(config: Path, known: Archive) -> int:
    """Look for random substrings, and print how many were not found in the articles that they come from."""
    chance = random.Random(6)
    asked = missed = 0
    async with served(config) as client:
        while asked < PIECES:
            number = chance.choice(list(known.texts))
            if piece := labelled.piece(known.texts[number], chance):
                asked += 1
                missed += number not in await by_function(client, f'"{piece}"')
    print(f"{asked} random substrings: {missed} missed")
    return missed


async def errors_of_junk(config: Path) -> int:
    """Type what means nothing into each box, and print how many answers were errors."""
    chance = random.Random(7)
    ways = (("/search", "q"), ("/archive/articles.json", "_search"), ("/archive/search.json", "words"))
    junk = [junk_of(chance) for _ in range(JUNK)]
    async with served(config) as client:
        statuses = [(await client.get(path, params={name: each})).status_code for each in junk for path, name in ways]
    print(f"{len(junk)} junk queries in {len(ways)} boxes: {sum(status >= 400 for status in statuses)} errors")
    return sum(status >= 400 for status in statuses)


def measure(home: Path, archive: Path, questions: list[Question], known: Archive) -> int:
    """Print all of it; return how much of it went wrong."""
    config = configure(home, archive, questions)
    answers = asyncio.run(by_datasette(config, questions))
    answers["command"] = [by_command(config, each.words) for each in questions]
    answers["feed"] = by_feed(config, archive, questions)
    numbered = {
        way: [[known.names.get(each, each) for each in found] for found in lists] for way, lists in answers.items()
    }
    wrong = judge(questions, known, numbered)
    return wrong + asyncio.run(pieces_missed(config, known)) + asyncio.run(errors_of_junk(config))


def main() -> int:
    """Run it; 1 when anything was missed or was an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="articles of an archive made for it")
    parser.add_argument("--archive", type=Path, help="an archive that is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive = options.archive.absolute() if options.archive else Path(folder) / "archive"
        if not options.archive:
            filling.fill(archive, options.count)
        known = read(archive / "archive.db")
        questions = labelled.questions_about(known.texts) if options.archive else labelled.questions(options.count)
        return bool(measure(Path(folder), archive, questions, known))


if __name__ == "__main__":
    sys.exit(main())
