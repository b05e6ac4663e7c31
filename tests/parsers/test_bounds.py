"""Whatever the bytes: an answer or a `DocumentError`, and in time that grows with the length, not with its square."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import DocumentError
from feedsvc.parsers import parse
from tests.parsers.documents import GOLDENS, raw

if TYPE_CHECKING:
    from pathlib import Path

    from feedsvc.model import Parsed

MEGABYTE = 1 << 20
SECONDS = 20.0  # a shared core; what is quadratic takes minutes
HEAD = b'<rss version="2.0"><channel><title>t</title>'
ITEM = HEAD + b"<item><description>"
END = b"</description></item></channel></rss>"


def understood(body: bytes, locator: str) -> Parsed | None:
    try:
        return parse(raw(body, locator))
    except DocumentError:
        return None


def filled(head: bytes, unit: bytes, end: bytes = b"", size: int = MEGABYTE) -> bytes:
    return head + unit * (size // len(unit)) + end


POSTS = {
    "open brackets": filled(b"---\na: ", b"["),
    "brackets": filled(b"---\na: ", b"[", b"\n---\n", 60_000),
    "braces": filled(b"---\na: ", b"{a: ", b"\n---\n", 60_000),
    "nested lists": filled(b"---\na:\n ", b"- ", b"\n---\n", 60_000),
    "nested keys": filled(b"---\n", b"? ", b"\n---\n", 60_000),
    "aliases": b"---\na0: &a0 [x]\n"
    + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40))
    + b"---\n",
    "fences nearly": filled(b"---\n", b"--\n"),
    "fences and spaces": filled(b"---\n", b"---" + b" " * 999 + b"x\n"),
    "keys": filled(b"---\n", b'k: "x\n', b"---\n"),
    "words": filled(b"---\n", b"a ", b"\n---\n"),
    "quotes": filled(b"---\ntitle: ", b'"', b"x\n---\n", 60_000),
    "pieces": filled(b"---\ntitle: ", b"'a' ", b"b\n---\n", 60_000),
    "dotted keys": filled(b"+++\n", b"a.", b"b = 1\n+++\n", 60_000),
    "inline tables": filled(b"+++\na = ", b"{a = ", b"\n+++\n", 60_000),
    "an object": filled(b"", b'{"a":'),
    "no opening": filled(b"title: a\n", b"-\n"),
    "line ends": filled(b"", b"\r"),
    "bad bytes": filled(b"", bytes(range(128, 256))),
    "half-words": filled(b"", b"\xff\xfe\x00"),
    "controls": filled(b"---\ntitle: a\n---\n", b"\xc2\x85"),
    "meta": filled(b"", b"\xff<meta "),
    "names": filled(b"---\nauthor: ", b"a@b (", b"\n---\n", 60_000),
}
FEEDS = {
    "attributes": HEAD
    + b"<item "
    + b"".join(b'a%d="1" ' % n for n in range(100_000))
    + b"><title>x</title></item></channel></rss>",
    "attributes torn": HEAD + b"<item " + b"".join(b'a%d="1" ' % n for n in range(90_000)) + b"><title>x",
    "namespaces": HEAD + b"".join(b'<item xmlns:a%d="u%d"/>' % (n, n) for n in range(40_000)) + b"</channel></rss>",
    "namespaces torn": HEAD + b"".join(b'<item xmlns:a%d="u%d">' % (n, n) for n in range(40_000)),
    "items": filled(HEAD, b"<item><title>x</title></item>", b"</channel></rss>"),
    "never closed": filled(ITEM, b"<a>", END),
    "paragraphs": filled(ITEM, b"<p>x", END),
    "deep": ITEM + b"<a>" * 100_000 + b"</a>" * 100_000 + END,
    "ampersands": filled(ITEM, b"&", END),
    "long names": filled(ITEM, b"&" + b"a" * 50, END),
    "sections": filled(HEAD, b"<![CDATA["),
    "comments": filled(HEAD, b"<!--"),
    "declarations": filled(ITEM, b"<!D ", END),
    "less": filled(ITEM, b"<", END),
    "instructions": filled(b"", b"<?x ", HEAD),
    "document types": filled(b"", b"<!DOCTYPE rss ["),
    "entities": b"<!DOCTYPE rss [" + b'<!ENTITY a "b">' * 60_000 + b"]>" + ITEM + b"&a;" + END,
    "roots": filled(b"", b"<rss>"),
    "closing roots": filled(HEAD, b"</rss"),
    "long text": filled(ITEM, b"x", END, 12 * MEGABYTE),
    "white space": filled(ITEM, b" ", b"x" + END),
    "authors": filled(HEAD + b"<item><author>", b"a@b (", b"</author></item></channel></rss>"),
    "twice encoded": filled(ITEM, b"\xc3\x83\xc2\xa9", END),
    "brackets": filled(b'{"items": ', b"["),
    "objects": filled(b'{"items": [', b'{"id": 1},', b"{}]}"),
    "a long number": filled(b'{"items": [{"id": ', b"9", b"}]}"),
    "nothing": filled(b"", b"\0"),
    "letters": filled(b"", b"a"),
}


@pytest.mark.parametrize("name", POSTS)
def test_no_post_takes_long(name: str) -> None:
    started = time.process_time()
    understood(POSTS[name], "a.md")

    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", FEEDS)
def test_no_feed_takes_long(name: str) -> None:
    started = time.process_time()
    understood(FEEDS[name], "https://e.org/f")

    assert time.process_time() - started < SECONDS


PIECES = st.sampled_from(
    [
        *(
            "---\n",
            "+++\n",
            ";;;\n",
            "...\n",
            "title: ",
            "tags:\n",
            "- ",
            "'",
            '"',
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "!!x ",
            "|\n",
            ": ",
        ),
        *(
            "\n",
            "\t",
            "\ufeff",
            "\x92",
            "\x00",
            "a = ",
            "categories: ",
            "date: ",
            "true",
            "0x1",
            "#",
            "? ",
            "<<: ",
            "%TAG ",
            "\ud7ff",
            "é",
            "渡",
        ),
    ]
)
MARKUP = st.sampled_from(
    [
        *(
            "<rss>",
            "</rss>",
            "<channel>",
            "<item>",
            "</item>",
            "<title>",
            "</title>",
            "<link/>",
            "<guid>",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
        ),
        *(
            "<feed xmlns='http://www.w3.org/2005/Atom'>",
            "<entry>",
            "</entry>",
            "</feed>",
            "<content type='xhtml'>",
            "<link href='http://['/>",
        ),
        *(
            "<a:b>",
            "xml:base='//['",
            "&",
            "&#xD800;",
            "&nbsp;",
            "<",
            ">",
            "<!DOCTYPE x [",
            "<?xml ",
            "?>",
            "x",
            " ",
            "\x00",
            "é",
            "<pubDate>",
        ),
        *(
            '{"items":[',
            '{"id":',
            "1e999",
            "}",
            "]",
            ",",
            '"',
            "\\ud800",
            "null",
            "<enclosure url='x' length='-1'/>",
            "<author>",
            "a@b (c)",
        ),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["a.md", "2020-01-02-x.html", "source/_posts/a.md"]))
def test_any_post_is_one_draft_or_a_failure(text: str, locator: str) -> None:
    found = understood(text.encode(), locator)

    assert found is None or len(found.drafts) == 1


@given(st.lists(MARKUP, max_size=40).map("".join))
def test_any_markup_is_a_feed_or_a_failure(text: str) -> None:
    found = understood(b"<rss><channel>" + text.encode(), "https://e.org/f")

    assert found is None or found.head is not None


@given(st.binary(max_size=200), st.sampled_from(["a.md", "a.html", "https://e.org/f"]))
def test_any_bytes_are_understood_or_refused(body: bytes, locator: str) -> None:
    understood(body, locator)


SEEDS = sorted(p for p in GOLDENS.rglob("*") if p.is_file() and not p.name.endswith(".expected.json"))


@given(st.sampled_from(SEEDS), st.data())
def test_a_damaged_document_is_understood_or_refused(path: Path, data: st.DataObject) -> None:
    body = path.read_bytes()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    damaged = body[:start] + data.draw(st.binary(max_size=8)) + body[end:]

    understood(damaged, "a.md" if path.suffix == ".md" else "https://e.org/f")


@given(st.lists(PIECES, max_size=40).map("".join))
def test_every_text_of_a_draft_can_be_written(text: str) -> None:
    found = understood(text.encode(), "a.md")

    for one in found.drafts if found else ():
        "".join((one.title, one.body, one.summary, *one.tags, *(r.after for r in one.repairs))).encode()
