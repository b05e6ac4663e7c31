"""Nothing active passes: each line of active_markup.txt through the walk, the gate and a second parse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from feedsvc.rules.sanitising import clean, gate
from tests.rules.given import an_article

VECTORS = [
    line
    for line in Path(__file__).with_name("active_markup.txt").read_text(encoding="utf-8").split("\n")
    if line and not line.startswith("# ")
]
PASSIVE = frozenset(
    re.findall(
        r"\S+",
        "html head body a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
        "figcaption figure h1 h2 h3 h4 h5 h6 hr i iframe img ins kbd li mark ol p pre q rp rt "
        "ruby s samp small source strong sub summary sup table "
        "tbody td tfoot th thead time tr u ul var video audio "
        "math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded "
        "mphantom mfenced menclose mmultiscripts mprescripts none semantics",
    )
)
PASSIVE_ATTRIBUTES = frozenset(
    re.findall(
        r"\S+",
        "href src alt title width height dir lang id colspan rowspan scope start reversed type value datetime open class display "
        "controls preload poster allowfullscreen sandbox close stretchy columnspan accent mathvariant",
    )
)
ADDRESSES = frozenset(("href", "src", "poster", "cite", "action", "data"))
SAFE = re.compile(
    r"(?:https?|mailto|tel|ftp|magnet|xmpp|irc|gemini):|data:image/(?:png|gif|jpe?g|webp|avif|bmp);base64,",
    re.IGNORECASE,
)
PLAYERS = re.compile(r"https://(?:www\.youtube(?:-nocookie)?\.com|player\.vimeo\.com|player\.bilibili\.com)/")


def active_parts(markup: str) -> list[str]:
    """Name what a browser would act on; judged by a fresh parse, with rules of the test's own."""
    found = []
    for node in LexborHTMLParser(markup).root.traverse():
        if node.tag.startswith("-"):
            found.append(f"node {node.tag}")
            continue
        if node.tag not in PASSIVE:
            found.append(f"element {node.tag}")
        for name, value in node.attributes.items():
            if name not in PASSIVE_ATTRIBUTES:
                found.append(f"attribute {name}")
            scheme = re.match(r"[a-z][a-z0-9+.-]*:", re.sub(r"[\x00-\x20]", "", value or ""), re.IGNORECASE)
            if name in ADDRESSES and scheme and not SAFE.match(value or ""):
                found.append(f"address {value}")
        source = node.attributes.get("src")
        if node.tag == "iframe" and source and not PLAYERS.match(source):
            found.append(f"frame {source}")
    return found


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_active_is_left_of(vector: str) -> None:
    assert active_parts(clean(vector)) == []
    assert active_parts(clean(f"<div><p>before</p>{vector}</div>", "https://site.example/a/")) == []


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_active_is_left_of_it_in_a_post(vector: str) -> None:
    for kind in ("", "html", "markdown", "text"):
        article = an_article(
            f"Words.\n\n{vector}\n", title=vector, summary=vector, body_kind=kind, image="x", link="javascript:alert(1)"
        )
        assert active_parts(article.content) == []
        assert article.url == ""
        assert article.image == ""


@pytest.mark.parametrize("vector", VECTORS)
def test_the_gate_alone_lets_no_script_pass(vector: str) -> None:
    passed = gate(vector)
    assert not re.search(
        r"<[^>]*\son\w+\s*=|<script|<style|<svg|<object|<embed|<form|<meta|<base",
        re.sub(r'"[^"]*"', '""', passed),
        re.IGNORECASE,
    )
    assert not [part for part in active_parts(passed) if part.startswith(("element", "address", "frame"))]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(VECTORS), min_size=2, max_size=4), st.integers(0, 60), st.integers(0, 60))
def test_pieces_of_vectors_put_together_stay_passive(vectors: list[str], begin: int, cut: int) -> None:
    soup = "".join(vector[begin % (len(vector) + 1) :][: len(vector) - cut % (len(vector) + 1)] for vector in vectors)
    cleaned = clean(soup)
    assert active_parts(cleaned) == []
    assert clean(cleaned) == cleaned
