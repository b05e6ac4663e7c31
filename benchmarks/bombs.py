"""Measure the CPU seconds and the memory that `digest` needs for hostile documents, each in its own process.

    python benchmarks/bombs.py [NAME...] [--json]

A bomb is a document of less than 10 MB that repeats one construct which is expensive for a parser or a rule.
Each process may use 30 s of CPU time and 2 GiB of address space. The output shows which processes were killed. The program exits
with 1 when a bomb takes more than 1 s or 200 MiB. To add a bomb, add one line to `BOMBS`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from feedsvc.ingest import digest
from feedsvc.model import RawDocument, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

MOST_SECONDS = 1.0  # CPU
ARTICLE_SECONDS = 0.001
MOST_MEMORY = 200.0  # MiB above what the process had
_KILLED_SECONDS = 30
_ADDRESS_SPACE = 2 << 30  # bytes
_FRONT = "---\ntitle: A bomb\ndate: Invalid Date\n---\n\n"
_ITEM = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>f</title><link>https://f.example/</link>{}</channel></rss>'
)
_CDATA = "<item><title>A bomb</title><guid>1</guid><description><![CDATA[{}]]></description></item>"
POSTS = Source(name="posts", kind="directory", location="/posts", timezone="Asia/Shanghai")

Bomb = tuple[str, Callable[[], str]]  # locator, document


def post(piece: str, times: int, *, before: str = "", after: str = "", name: str = "a.md") -> Bomb:
    """Return a post whose body is `piece`, `times` over."""
    return name, lambda: f"{_FRONT}{before}{piece * times}{after}"


def front(block: Callable[[], str]) -> Bomb:
    """Return a post whose front matter is a bomb."""
    return "a.md", lambda: f"---\ntitle: A bomb\n{block()}\n---\n\nWords.\n"


def item(piece: str, times: int) -> Bomb:
    """Return a feed with one item whose description is `piece`, `times` over."""
    return "https://f.example/rss", lambda: _ITEM.format(_CDATA.format(piece * times))


def feed(piece: str, times: int) -> Bomb:
    """Return a feed whose channel holds `piece`, `times` over."""
    return "https://f.example/rss", lambda: _ITEM.format(piece * times)


def deep_list() -> str:
    return _FRONT + "".join(f"{'  ' * depth}- x\n" for depth in range(1_000))


def aliases() -> str:
    return "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" if n else "a0: &a0 [x]" for n in range(12))


BOMBS: Mapping[str, Bomb] = {
    # trees
    "50,000 nested div": post("<div>", 50_000, name="a.html"),
    "50,000 nested div in Markdown": post("<div>", 50_000),
    "50,000 nested div in a feed": item("<div>", 50_000),
    "50,000 nested b i": post("<b><i>", 25_000, name="a.html"),
    "100,000 open p a": post("<p><a href=x>", 100_000, name="a.html"),
    "20,000 nested tables": post("<table><tr><td>", 20_000, name="a.html"),
    "50,000 nested svg": post("<svg>", 50_000, name="a.html"),
    "1 MB of open tags": post("<x", 500_000, name="a.html"),
    "100,000 attributes": post(" a='b'", 100_000, before="<p", after=">x</p>", name="a.html"),
    # front matter
    "100,000 [": front(lambda: f"tags: {'[' * 100_000}"),
    "30,000 [": front(lambda: f"tags: {'[' * 30_000}"),
    "alias bomb": front(aliases),
    "10,000 keys": front(lambda: "\n".join(f"k{n}: v" for n in range(10_000))),
    "5 MB of front matter": front(lambda: f"tags: {'x, ' * 1_600_000}"),
    # Markdown
    "deep lists in Markdown": ("a.md", deep_list),
    "50,000 >": post(">", 50_000),
    "100,000 * _": post("*_ ", 100_000),
    "200,000 `": post("` ", 200_000),
    "50,000 [ ]( in Markdown": post("[a](", 50_000),
    "100,000 ![ in Markdown": post("![", 100_000),
    "50,000 footnotes": post("[^a]: b\n", 50_000),
    "100,000 cells": post("|a", 100_000, before="|a|\n|-|\n"),
    # size
    "1 MB of &": post("&", 1_000_000),
    "1 MB of & in HTML": post("&", 1_000_000, name="a.html"),
    "9 MB of short lines": post("a b\n", 2_250_000),
    "9 MB of short lines in HTML": post("a b<br>\n", 1_000_000, name="a.html"),
    "9 MB of paragraphs": post("<p>a b</p>\n", 800_000, name="a.html"),
    "5 MB in one line": post("word ", 1_000_000),
    "5 MB in one word": post("x", 5_000_000),
    "5 MB of Chinese": post("港口的消息，", 280_000),
    "5 MB of blank": post(" \n", 2_500_000),
    "5 MB of comments": post("<!-- x -->", 500_000, name="a.html"),
    "200,000 links": post('<a href="https://a.example/x?y=1">z</a> ', 200_000, name="a.html"),
    "200,000 links in Markdown": post("[z](https://a.example/x) ", 200_000),
    "200,000 bare links": post("https://a.example/x ", 200_000),
    "100,000 pictures": post('<img src="https://a.example/x.png">', 100_000, name="a.html"),
    "100,000 headings": post("# a\n", 100_000),
    # just within what the rules bound
    "14,500 paragraphs": post("<p>a <b>b</b> c</p>\n", 14_500, name="a.html"),
    "29,000 links": post('<a href="https://a.example/x?y=1">z</a> ', 29_000, name="a.html"),
    "19,900 pictures": post('<img src="https://a.example/x.png">', 19_900, name="a.html"),
    "19,900 lines": post("- a b\n", 19_900),
    "1.5 MB in 19,900 lines": post("港口的消息 and some words of English prose in a line of its own.\n", 19_900),
    "190,000 &": post("&", 190_000),
    "14,000 headings": post("# a\n", 14_000),
    "8 MB in 4,000 paragraphs": post(
        "The tide tables are printed every year in March, as are the almanacs. " * 30 + "\n\n", 3_900
    ),
    # what rules look for
    "1 MB of dates": post("2021-09-06 22:17:18\n", 50_000),
    "1 MB of Chinese dates": post("2021年9月6日 22:17 ", 30_000),
    "1 MB of digits": post("12", 500_000),
    "1 MB of -": post("-", 1_000_000),
    "1 MB of :": post(":", 1_000_000),
    "1 MB of (": post("(", 1_000_000),
    "1 MB of time elements": post("<time>x</time>", 70_000, name="a.html"),
    "1 MB of bylines": post("作者：\n", 100_000),
    "1 MB of reporters": post("记者 ", 140_000),
    "1 MB of by": post("by ", 330_000),
    "1 MB of {": post("{", 1_000_000),
    "1 MB of {% x %}": post("{% x %}", 140_000),
    "1 MB of $": post("$", 1_000_000),
    "1 MB of 原文链接": post("原文链接：", 66_000),
    "a title of 1 MB": ("a.md", lambda: f"---\ntitle: {'_' * 1_000_000}\n---\n\nWords\n"),
    # feeds
    "50,000 items": feed("<item><title>t</title><guid>g</guid></item>", 50_000),
    "5 MB in one item": item("word ", 1_000_000),
    "100,000 categories": feed("<category>c</category>", 100_000),
    "50,000 nested elements": feed("<x>", 50_000),
    "1 MB of & in a feed": feed("&", 1_000_000),
    "entities of entities": (
        "https://f.example/rss",
        lambda: (
            "<!DOCTYPE r ["
            + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'x'}'>" for n in range(10))
            + "]>"
            + _ITEM.format("<title>&e9;</title>")
        ),
    ),
    "JSON of 100,000 [": (
        "https://f.example/feed.json",
        lambda: '{"version":"https://jsonfeed.org/version/1.1","items":' + "[" * 100_000,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one bomb did."""

    bytes: int
    seconds: float  # CPU
    memory: float  # MiB, of growth
    outcome: str  # "1 articles", the class of the failure, or how the process ended
    articles: int = 0  # that it holds

    @property
    def most_seconds(self) -> float:
        """What it may cost: a second, and what so many articles cost where they are documents of their own."""
        return MOST_SECONDS + self.articles * ARTICLE_SECONDS

    @property
    def excess(self) -> bool:
        """Whether it is more than a document may cost."""
        return (
            self.seconds > self.most_seconds
            or self.memory > MOST_MEMORY
            or self.outcome in {"bug", "killed", "no memory"}
        )


def measured(name: str) -> Cost:
    """Return what bomb `name` costs."""
    context = multiprocessing.get_context("fork")  # nothing here has threads, and all is imported
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_explode, args=(name, theirs))
    child.start()
    theirs.close()
    try:
        found: Cost = ours.recv()
    except EOFError:
        found = Cost(bytes=0, seconds=float(_KILLED_SECONDS), memory=0.0, outcome="killed")
    child.join()
    return found


def _explode(name: str, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_KILLED_SECONDS, _KILLED_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    locator, document = BOMBS[name]
    raw = raw_document(locator, document().encode())
    before, begun = _peak(), time.process_time()
    articles = 0
    try:
        found = digest(raw, POSTS)
        articles = len(found.articles)
        outcome = found.failures[0].kind if found.failures else f"{len(found.articles)} articles"
    except MemoryError:
        outcome = "no memory"
    seconds, memory = time.process_time() - begun, max(0.0, _peak() - before)
    cost = Cost(bytes=len(raw.body), seconds=seconds, memory=memory, outcome=outcome, articles=articles)
    answer.send(cost)


def raw_document(locator: str, body: bytes) -> RawDocument:
    """Return `body` as if it had been read at `locator`."""
    at = datetime(2024, 5, 1, 12, tzinfo=UTC)
    return RawDocument(source="posts", locator=locator, media_type="", body=body, fingerprint="f", fetched_at=at)


def _peak() -> float:
    """Return the most memory that this process had so far, in MiB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def warm() -> None:
    """Import what a first document imports, and fill what is compiled once."""
    for locator, text in (("a.md", f"{_FRONT}Words."), ("a.html", f"{_FRONT}<p>Words.</p>"), item("words", 1)):
        digest(raw_document(locator, (text if isinstance(text, str) else text()).encode()), POSTS)


def main() -> None:
    """Measure, print, and exit with 1 when one costs more than a document may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these bombs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    warm()
    costs = {}
    for name in options.names or BOMBS:
        cost = costs[name] = measured(name)
        if not options.json:
            mark = "  <- more than a document may cost" if cost.excess else ""
            print(
                f"{name:32}{cost.bytes / 1e6:6.2f} MB{cost.seconds:8.2f} s{cost.memory:8.0f} MiB  {cost.outcome}{mark}",
                flush=True,
            )
    if options.json:
        print(
            json.dumps(
                {
                    name: {**asdict(cost), "most_seconds": cost.most_seconds, "excess": cost.excess}
                    for name, cost in costs.items()
                }
            )
        )
    sys.exit(1 if any(cost.excess for cost in costs.values()) else 0)


if __name__ == "__main__":
    main()
