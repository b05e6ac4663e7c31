"""Titles, addresses, pictures, summaries, categories: one behaviour of one rule each."""

from __future__ import annotations

import pytest

from feedsvc.errors import DocumentError
from feedsvc.model import SourceRules
from feedsvc.rules.addresses import link_target, unwrapped
from feedsvc.rules.summary import first_sentences
from tests.rules.given import a_source, an_article, repaired

# ---------------------------------------------------------------- titles


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("  A \n title ", "A title"),
        ("<b>Bold</b> &amp; <i>brave</i>", "Bold & brave"),
        ("Vec<T> and the others", "Vec<T> and the others"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ('""""\'Nine quotes\'""""', "Nine quotes"),
        ('"Quoted" by the author', '"Quoted" by the author'),
        ("Bell\x07 and \x0bwhistle", "Bell and whistle"),
    ],
)
def test_a_title_becomes_plain_text(said: str, title: str) -> None:
    assert an_article("<p>Words.</p>", title=said).title == title


def test_a_title_ruined_for_a_file_system_is_restored_from_the_heading() -> None:
    article = an_article("<div><h1>What? A/B: tests</h1><p>Words.</p></div>", title="What_ A_B_ tests")
    assert article.title == "What? A/B: tests"
    assert article.content == "<p>Words.</p>"
    assert repaired(article, "titles.restored")


@pytest.mark.parametrize("heading", ["What? A/B: text", "WhatX A/B: tests"])
def test_a_heading_that_does_not_match_restores_nothing(heading: str) -> None:
    article = an_article(f"<div><h1>{heading}</h1><p>Words.</p></div>", title="What_ A_B_ tests")
    assert article.title == "What_ A_B_ tests"
    assert heading in article.content


def test_a_heading_that_repeats_the_title_leaves_the_content() -> None:
    assert an_article("<div><h2>The  Title!</h2><p>Words.</p></div>", title="The title").content == "<p>Words.</p>"


@pytest.mark.parametrize(
    ("body", "fields", "title", "rule"),
    [
        ("<p>First words here. More.</p>", {}, "First words here. More.", "titles.first-words"),
        ("<div><h1>Heading</h1><p>Words.</p></div>", {}, "Heading", "titles.heading"),
        (
            '<p><img src="https://a.example/x.png" alt="Sunset"></p>',
            {"locator": "2021-01-02-on-the-beach.md"},
            "on-the-beach",
            "titles.file-name",
        ),
        (
            '<p><img src="https://a.example/x.png" alt="Sunset"></p>',
            {"form": "rss", "body_kind": "html"},
            "Sunset",
            "titles.picture",
        ),
        ("", {"form": "rss", "link": "https://a.example/x"}, "https://a.example/x", "titles.address"),
    ],
)
def test_a_missing_title_is_found_elsewhere(body: str, fields: dict[str, str], title: str, rule: str) -> None:
    article = an_article(body, title=" ", **fields)
    assert article.title == title
    assert repaired(article, rule)


def test_the_source_can_say_where_its_title_is() -> None:
    source = a_source(rules=SourceRules(title=".headline"))
    assert an_article('<div><p class="headline">Real</p><p>x</p></div>', title="Page", source=source).title == "Real"


def test_a_document_with_nothing_in_it_is_no_article() -> None:
    with pytest.raises(DocumentError, match="empty: no title"):
        an_article("<script>x</script>", form="rss", body_kind="html")


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ('<div><link rel="canonical" href="https://a.example/1"><p>x</p></div>', "https://a.example/1"),
        ('<p>x</p><a class="originUrl" href="https://a.example/1">here</a>', "https://a.example/1"),
        (
            '<p>x <img src="https://img.a.example/p.png"></p><a href="https://www.a.example/1">阅读原文</a>',
            "https://www.a.example/1",
        ),
        (
            '<p>x</p><img src="https://a.example/p.png"><p>本文链接：<a href="https://a.example/1">a</a></p>',
            "https://a.example/1",
        ),
        ('<p>translated</p><p>原文链接：<a href="https://other.example/1">a</a></p>', ""),
        ('<p>The first <a href="https://a.example/1">link</a> is not it.</p>', ""),
        ('<p>x</p><a class="originUrl" href="https://a.example/1.jpg">here</a>', ""),
        ('<p>x</p><a class="originUrl" href="javascript:alert(1)">here</a>', ""),
    ],
)
def test_the_original_is_taken_from_explicit_evidence_alone(body: str, url: str) -> None:
    assert an_article(body, title="T", body_kind="html").url == url


def test_the_link_that_the_document_names_is_unwrapped() -> None:
    article = an_article("Words.", title="T", link="https://link.zhihu.com/?target=https%3A//a.example/b")
    assert article.url == "https://a.example/b"
    assert repaired(article, "links.redirector")


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x?url=https://b.example",
        "https://cors.zfour.workers.dev/?nothing",
        "https://link.zhihu.com/",
        "x",
    ],
)
def test_what_is_no_redirector_stays(url: str) -> None:
    assert unwrapped(url) == url


@pytest.mark.parametrize("url", ["http://[::1", "http:///x", "data:text/html,x", "x" * 10_000, " "])
def test_what_is_no_address_leads_nowhere(url: str) -> None:
    assert link_target(url, "https://a.example/") in ("", "https://a.example/x")


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    "image",
    [
        "https://picsum.photos/400/300?random=1662",
        "https://via.placeholder.com/150",
        "https://a.example/404.gif",
        "https://a.example/undefined",
        "https://a.example/avatars/7.png",
        "https://www.gravatar.com/avatar/7",
        "https://pictures.example/x.png",
        "not an address",
    ],
)
def test_a_picture_that_stands_for_none_is_no_image(image: str) -> None:
    source = a_source(rules=SourceRules(placeholder_hosts=("pictures.example",)))
    article = an_article('<p>x</p><img src="https://a.example/real.jpg">', title="T", image=image, source=source)
    assert article.image == "https://a.example/real.jpg"
    assert [repair.before for repair in article.repairs if repair.field == "image"] == [image]


def test_the_lead_image_is_the_first_that_is_large_and_belongs_to_the_article() -> None:
    body = (
        '<img src="https://a.example/icons/rss.png"><img src="https://a.example/rule.png" width="900" height="20">'
        '<img src="https://a.example/small.png" width="60" height="60"><img src="https://a.example/real.png" width="600" height="400">'
    )
    assert an_article(f"<p>x</p>{body}", title="T", body_kind="html").image == "https://a.example/real.png"


def test_an_image_stated_by_the_document_wins() -> None:
    article = an_article(
        '<p>x</p><img src="https://a.example/2.png">', title="T", image="/1.png", base_url="https://a.example/"
    )
    assert article.image == "https://a.example/1.png"
    assert article.repairs == ()


# ---------------------------------------------------------------- summaries


def test_a_marked_abstract_is_the_summary() -> None:
    body = '<div><div class="article-abstract"><p>This is what it is about.</p></div><p>Words.</p></div>'
    assert an_article(body, title="T", summary="Other.").summary == "This is what it is about."


def test_a_description_is_the_summary_as_plain_text() -> None:
    assert an_article("<p>Words.</p>", title="T", summary="<p>About &amp; <b>more</b>.</p>").summary == "About & more."


def test_the_title_is_not_its_own_summary() -> None:
    assert an_article("The title", title="The title!", summary="the title").summary == ""


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("One. Two. Three.", "One. Two. Three."),
        ("一句话。" * 20, "一句话。" * 10),
        ("Words without an end " * 10, "Words without an end Words without an…"),
        ("目录\n\n真正的第一段在这里，很长。", "真正的第一段在这里，很长。"),
        ("A lead that says what it is.\n\n• a list", "A lead that says what it is."),
    ],
)
def test_a_summary_is_made_of_whole_sentences(text: str, summary: str) -> None:
    assert first_sentences(text, 40) == summary


# ---------------------------------------------------------------- categories


def test_an_article_is_filed_under_what_it_names_below_the_prefix() -> None:
    source = a_source(prefix=("News",), categories=(("Other",),))
    assert an_article("x", title="T", categories=(("A", " "), ("B", "c/d")), source=source).categories == (
        ("News", "A"),
        ("News", "B", "c∕d"),
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"categories": (("编程", "planet"),)}, ("编程", "planet")),
        ({"prefix": ("P",)}, ("P",)),
        ({"title": "A/B"}, ("A∕B",)),
        ({}, ("posts",)),
    ],
)
def test_an_article_that_names_no_category_is_filed_under_its_source(
    fields: dict[str, object], path: tuple[str, ...]
) -> None:
    assert an_article("x", title="T", source=a_source(**fields)).categories == (path,)


def test_the_category_map_renames_a_path_and_what_is_below_and_drops_what_is_empty() -> None:
    rules = SourceRules(category_map={"a": "X/Y", "a/b": "Z", "junk": ""})
    categories = (("a",), ("a", "c"), ("a", "b", "d"), ("junk", "e"))
    assert an_article("x", title="T", categories=categories, source=a_source(rules=rules)).categories == (
        ("X", "Y"),
        ("X", "Y", "c"),
        ("Z", "d"),
    )


def test_category_names_are_bounded_composed_and_each_once() -> None:
    many = tuple((str(n),) for n in range(80))
    assert len(an_article("x", title="T", categories=many).categories) == 50
    assert an_article("x", title="T", categories=(("e\u0301",), ("é",))).categories == (("é",),)
    assert len(an_article("x", title="T", categories=(("n" * 900,),)).categories[0][0]) == 200


def test_a_ruined_title_is_restored_where_the_text_holds_it_whole() -> None:
    found = an_article(
        "<div>\n<p>【Harbour watch: the tide “turns” at noon】 Then the boats went out.</p>\n</div>",
        title="【Harbour watch_ the tide _turns_ at noon】",
    )
    assert found.title == "【Harbour watch: the tide “turns” at noon】"
    assert repaired(found, "titles.text")


def test_a_ruined_title_that_the_text_does_not_hold_stays_as_it_is() -> None:
    assert (
        an_article("<div>\n<p>Something else.</p>\n</div>", title="Harbour watch_ the tide").title
        == "Harbour watch_ the tide"
    )


@pytest.mark.parametrize("blank", ["\u1680", "\u180e", "\u2000", "\u2009", "\u205f", "\u2060", "\xa0", "\u3000"])
def test_a_blank_of_any_script_hides_no_scheme(blank: str) -> None:
    assert link_target(f"{blank}javascript:alert(1)", "https://e.example/") == ""
