from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.formats.body import travelling

PAGE = "https://news.example.org/articles/1"


@pytest.mark.parametrize(
    ("archived", "sent"),
    [
        ("<p>plain</p>", "<p>plain</p>"),
        ('<p title="Ã©">“é” is not “Ã©”, nor SÃO</p>', '<p title="Ã&#169;">“é” is not “Ã&#169;”, nor SÃO</p>'),
        ('<a href="https://o.example/x">x</a>', '<a href="https://o.example/x">x</a>'),
        ('<a href="mailto:a@o.example">x</a>', '<a href="mailto:a@o.example">x</a>'),
        ('<sup><a href="#fn:1" id="r">1</a></sup>', f'<sup><a href="{PAGE}#fn:1" id="r">1</a></sup>'),
        ('<a href="/about">about</a>', "<a>about</a>"),
        ('<img src="a/b.png" alt="a > b">', '<img alt="a > b">'),
        ('<img src="//cdn.example/b.png">', '<img src="https://cdn.example/b.png">'),
        ('<a href="null">x</a>', "<a>x</a>"),
        (
            '<p><iframe src="https://video.example/v?a=1&amp;b=2" width="100%"></iframe></p>',
            '<p><a href="https://video.example/v?a=1&amp;b=2">https://video.example/v?a=1&amp;b=2</a></p>',
        ),
        ('<iframe width="1"></iframe>after', "after"),
        ('<pre>&lt;a href="/x"&gt; src="y"</pre>', '<pre>&lt;a href="/x"&gt; src="y"</pre>'),
    ],
)
def test_what_cannot_travel_is_turned_into_what_can(archived: str, sent: str) -> None:
    assert travelling(archived, PAGE) == sent


PIECES = [
    '<a href="#x">',
    '<a href="/y" id="i">',
    "</a>",
    '<img src="//z.example/" alt="a > b">',
    '<iframe src="https://v.example/?a&amp;b">',
    '<iframe src="/v">',
    "</iframe>",
    'text src="y"',
    '&lt;a href="/z"&gt;',
]


@given(st.lists(st.sampled_from(PIECES)))
def test_what_has_travelled_travels_on_as_it_is(pieces: list[str]) -> None:
    once = travelling("".join(pieces), PAGE)
    assert travelling(once, PAGE) == once
    assert "iframe" not in once


@pytest.mark.parametrize(
    "piece", ["<a ", '<a href="', '<a "', 'href="', '<a href="x"', "<iframe", '<a "<a" "" ', " src=", "a:"]
)
def test_a_megabyte_of_broken_markup_takes_no_time(piece: str) -> None:
    started = time.process_time()
    travelling(piece * (1_000_000 // len(piece)), PAGE)
    assert time.process_time() - started < 20
