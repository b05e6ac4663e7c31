"""Keys, IRIs and digests: what makes two articles one, and what a subscriber would notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.rules.identity import iri
from feedsvc.rules.link_key import link_key
from tests.rules.given import an_article


@pytest.mark.parametrize(
    "other",
    [
        "https://www.a.example/x/?b=1",
        "http://a.example/x?b=1",
        "https://A.EXAMPLE:443/x/?utm_source=rss&b=1&fbclid=z",
        "https://a.example//x?b=1#comments",
        "https://m.a.example/x/index.html?b=1",
        "https://a.example/%78?b=1",
    ],
)
def test_addresses_of_one_page_have_one_key(other: str) -> None:
    assert link_key(other) == link_key("https://a.example/x?b=1") == "a.example/x?b=1"


@pytest.mark.parametrize(
    "other",
    [
        "https://a.example/x?b=2",
        "https://a.example/x?b=1#2.3.15",
        "https://a.example:8080/x?b=1",
        "https://b.example/x?b=1",
    ],
)
def test_addresses_of_other_pages_have_other_keys(other: str) -> None:
    assert link_key(other) != link_key("https://a.example/x?b=1")


@pytest.mark.parametrize("nothing", ["", "x", "/a", "mailto:a@b.example", "http://"])
def test_what_is_no_web_address_has_no_key(nothing: str) -> None:
    assert link_key(nothing) == ""


@given(st.text())
def test_any_text_has_a_key_or_none(text: str) -> None:
    assert isinstance(link_key("http://" + text), str)


@pytest.mark.parametrize(
    ("native", "absolute"),
    [
        ("urn:uuid:6f1d3c52-9e47-4a0b-8c21-5d7e9f302b64", "urn:uuid:6f1d3c52-9e47-4a0b-8c21-5d7e9f302b64"),
        ("urn:uuid:1", ""),
        ("urn:isbn:0451450523", "urn:isbn:0451450523"),
        ("tag:a.example,2021:1", "tag:a.example,2021:1"),
        ("tag:post@a.example,2021-05-03:/notes/1#top", "tag:post@a.example,2021-05-03:/notes/1#top"),
        ("tag:https://a.example,2021-05-03:/notes/1", ""),
        ("https://a.example/甲 乙", "https://a.example/%E7%94%B2%20%E4%B9%99"),
        ("https://a.example/log#1.2#1.2", "https://a.example/log#1.2%231.2"),
        ("https://a.example/100%/%41", "https://a.example/100%25/%41"),
        ("42", ""),
        ("/a/b", ""),
        ("javascript:alert(1)", ""),
        ("http://", ""),
        ("12345:abc", ""),
    ],
)
def test_only_an_absolute_iri_is_one(native: str, absolute: str) -> None:
    assert iri(native) == absolute


def test_keys_of_a_feed_item_are_guid_link_and_digest() -> None:
    article = an_article("x", title="T", form="rss", native_id="42", link="https://a.example/x?utm_source=y")
    assert [(key.kind, key.value) for key in article.keys] == [
        ("guid", "42"),
        ("link", "a.example/x"),
        ("digest", article.digest),
    ]
    assert article.iri == ""


def test_keys_of_a_file_are_its_own_id_and_its_path() -> None:
    article = an_article("x", title="T", native_id="abc", link="https://a.example/x")
    assert [(key.kind, key.value) for key in article.keys] == [("guid", "abc"), ("path", "a/post.md")]


BODY = '<p>Some <b>words</b>.</p><img src="https://a.example/p.png?w=1"><a class="x" href="https://a.example/l?utm_source=1">l</a>'


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (BODY, {"published": "2021-01-02"}),
        (BODY, {"image": "https://picsum.photos/400/300?random=9"}),
        (BODY.replace("<p>", "<div>\n  <p>\n"), {}),
        (BODY.replace("utm_source=1", "utm_source=2&fbclid=x"), {}),
        (BODY.replace('class="x" href="https://a.example/l?utm_source=1"', 'href="https://a.example/l" class="x"'), {}),
        (BODY.replace("p.png?w=1", "p.png?w=2"), {}),
        (
            BODY
            + '<img src="https://a.example/captcha.php?r=7"><img src="https://a.example/letters/Q.jpg" width="25">',
            {},
        ),
        (BODY + '<!-- at 12:00 --><input type="hidden" value="key">', {}),
        (BODY.replace("<b>words</b>", "words"), {}),
    ],
)
def test_noise_does_not_change_the_digest(body: str, fields: dict[str, str]) -> None:
    assert (
        an_article(body, title="T", body_kind="html", **fields).digest
        == an_article(BODY, title="T", body_kind="html").digest
    )


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (BODY.replace("Some", "Other"), {}),
        (BODY.replace("a.example/l", "a.example/m"), {}),
        (BODY.replace("p.png", "q.png"), {}),
        (BODY, {"title": "T!"}),
        (BODY, {"categories": (("A",),)}),
        (BODY, {"link": "https://a.example/other"}),
    ],
)
def test_what_a_subscriber_notices_changes_the_digest(body: str, fields: dict[str, object]) -> None:
    article = an_article(body, **{"title": "T", "body_kind": "html", **fields})
    assert article.digest != an_article(BODY, title="T", body_kind="html").digest


def test_the_text_digest_knows_nothing_but_the_text() -> None:
    assert (
        an_article("<p>a b</p>", title="T", categories=(("X",),)).text_digest
        == an_article("a  b", title="U").text_digest
    )
    assert an_article('<img src="https://a.example/x.png">', title="T").text_digest == ""


def test_the_title_key_is_letters_and_digits_alone() -> None:
    assert (
        an_article("x", title="Ａ “Big” — Day, 2021!").title_key == an_article("x", title="Ａ big day_2021").title_key
    )
