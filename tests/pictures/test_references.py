from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Enclosure, Illustrated
from feedsvc.pictures.references import MOST, SHOWN, beside, in_content, pictures_of
from feedsvc.pictures.substitution import address, with_kept
from feedsvc.rules.sanitising import clean


def an_article(**changes: Any) -> Illustrated:
    fields: dict[str, Any] = {"id": 1, "source": "posts", "locator": "a.md", "url": "", "content": ""}
    return Illustrated(**{**fields, **changes})


def test_the_pictures_of_an_article_are_named_once_each_the_lead_first() -> None:
    found = pictures_of(
        an_article(
            image="https://x.example/lead.jpg",
            content='<p>a<img alt="x > y" src="https://x.example/1.png?a=1&amp;b=2"></p><img src="https://x.example/lead.jpg" alt="">'
            '<video src="https://x.example/f.mp4" poster="https://x.example/p.jpg" controls=""></video>',
            enclosures=(
                Enclosure(url="https://x.example/e.gif", media_type="image/gif"),
                Enclosure(url="https://x.example/talk.mp3", media_type="audio/mpeg"),
            ),
        )
    )
    assert found == {
        "https://x.example/lead.jpg": "image",
        "https://x.example/1.png?a=1&b=2": "content",
        "https://x.example/p.jpg": "content",
        "https://x.example/e.gif": "enclosure",
    }


def test_a_picture_inside_the_text_itself_is_none_to_keep() -> None:
    assert pictures_of(an_article(content='<img src="data:image/gif;base64,R0lGOD" alt="">')) == {}


def test_an_article_has_so_many_pictures_and_no_more() -> None:
    content = "".join(f'<img src="https://x.example/{n}.png" alt="">' for n in range(MOST + 10))
    assert len(pictures_of(an_article(content=content))) == MOST


def test_a_front_matter_picture_counts_where_the_article_has_no_other_lead() -> None:
    assert pictures_of(an_article(said="cover.png")) == {"cover.png": "image"}
    assert pictures_of(an_article(said="cover.png", image="https://x.example/a.png")) == {
        "https://x.example/a.png": "image"
    }


@pytest.mark.parametrize(
    ("url", "locator", "paths"),
    [
        ("telescope.png", "post/night/index.md", ("post/night/telescope.png", "post/night/index/telescope.png")),
        ("./a%20b.png?v=2#x", "post/index.md", ("post/a b.png", "post/index/a b.png")),
        ("pic.png", "2018/walk.md", ("2018/pic.png", "2018/walk/pic.png")),
        ("../img/x.png", "post/night/index.md", ("post/img/x.png", "post/night/img/x.png")),
        ("/img/x.png", "post/a.md", ("img/x.png", "static/img/x.png")),
        ("图/一.png", "文/甲.md", ("文/图/一.png", "文/甲/图/一.png")),
        ("../../etc/passwd", "a/b.md", ("etc/passwd",)),
        ("../../../etc/passwd", "a/b.md", ()),
        ("%2e%2e/%2e%2e/%2e%2e/etc/passwd", "a/b.md", ()),
        (".git/x.png", "a.md", ()),
        ("x\0.png", "a.md", ()),
        ("https://x.example/x.png", "a.md", ()),
        ("//x.example/x.png", "a.md", ()),
        ("", "a.md", ()),
    ],
)
def test_a_relative_picture_lies_where_its_generator_would_look_and_never_outside(
    url: str, locator: str, paths: tuple[str, ...]
) -> None:
    assert beside(url, locator)[: len(paths)] == paths
    assert bool(paths) == bool(beside(url, locator))


def test_a_relative_picture_that_was_made_absolute_is_still_found_beside_its_document() -> None:
    bases = ("https://blog.example/", "https://blog.example/night/")
    assert beside("https://blog.example/telescope.png", "post/night/index.md", bases)[0] == "post/night/telescope.png"
    assert "post/night/moon.png" in beside("https://blog.example/night/moon.png", "post/night/index.md", bases)
    assert beside("https://cdn.example/telescope.png", "post/night/index.md", bases) == ()


def test_kept_pictures_take_the_place_of_the_originals_and_of_nothing_else() -> None:
    kept = {"https://x.example/1.png?a=1&b=2": address("/", "ab" * 32, "png")}
    content = (
        '<p><a href="https://x.example/1.png?a=1&amp;b=2"><img src="https://x.example/1.png?a=1&amp;b=2" alt="src=&quot;"></a>'
        '<img src="https://x.example/2.png" alt=""><video src="https://x.example/1.png?a=1&amp;b=2"></video></p>'
    )
    new = f'<img src="/media/{"ab" * 32}.png" alt="src=&quot;">'
    assert with_kept(content, kept) == content.replace(
        '<img src="https://x.example/1.png?a=1&amp;b=2" alt="src=&quot;">', new
    )
    assert with_kept(content, {}) == content


def test_what_the_sanitiser_writes_is_what_is_read_here() -> None:
    written = clean(
        "<p>x<img title=t src=\"http://x.example/a.png?x=1&y='2'\" alt='say \"a\" > b' width=300 height=200>"
    )
    assert list(pictures_of(an_article(content=written))) == ["http://x.example/a.png?x=1&y='2'"]
    assert "new.png" in with_kept(written, {"http://x.example/a.png?x=1&y='2'": "new.png"})


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=4),
    st.text(st.characters(codec="utf-8"), max_size=40),
)
def test_whatever_the_sanitiser_writes_its_pictures_and_nothing_else_are_replaced(
    addresses: list[str], alt: str
) -> None:
    pieces = [
        f'<p>{html.escape(alt)}<img alt="{html.escape(alt)}" src="https://x.example/{html.escape(each)}"></p>'
        for each in addresses
    ]
    written = clean("".join(pieces))
    found = list(in_content(written))
    kept = {each: f"/media/{number}.png" for number, each in enumerate(dict.fromkeys(found))}
    shown = with_kept(written, kept)
    assert list(in_content(shown)) == [kept[each] for each in found]
    back = {new: old for old, new in kept.items()}
    assert list(in_content(with_kept(shown, back))) == found
    assert SHOWN.sub("", shown) == SHOWN.sub("", written)
