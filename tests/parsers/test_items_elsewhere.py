"""What items say in other elements, attributes and links than most: it is read, and its neighbours are not taken for it."""

from __future__ import annotations

import pytest

from feedsvc.model import Source
from feedsvc.rules import normalise
from tests.parsers.documents import feed, rss

ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:a="http://www.w3.org/2005/Atom"'
    ' xmlns:media="http://search.yahoo.com/mrss/" {lang}><title>t</title><id>urn:f</id>'
    "<updated>2024-05-10T00:00:00Z</updated><entry><id>urn:1</id>{entry}<updated>2024-05-10T00:00:00Z</updated></entry></feed>"
)
SOURCE = Source(name="s", kind="feed", location="https://feeds.example.org/f")


def entry(text: str, lang: str = "") -> str:
    return ATOM.format(entry=text, lang=lang)


@pytest.mark.parametrize(
    ("links", "lang", "chosen"),
    [
        (
            '<link href="https://e.org/1"/><link type="application/nostr+json" href="nostr:naddr1"/>',
            "",
            "https://e.org/1",
        ),
        ('<link href="gemini://e.org/1"/><link href="https://e.org/1"/>', "", "https://e.org/1"),
        ('<link href="gopher://e.org/1" type="text/html"/><link href="HTTP://e.org/1"/>', "", "HTTP://e.org/1"),
        (
            '<link type="application/pdf" href="https://e.org/1.pdf"/><link href="https://e.org/1"/>',
            "",
            "https://e.org/1",
        ),
        ('<link type="application/json" href="/1.json"/><link type="text/html; charset=utf-8" href="/1"/>', "", "/1"),
        ('<link rel="replies" href="/1/feed"/><link rel="alternate" href="/1"/>', "", "/1"),
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="/1"/>', "", "/1"),
        ('<link hreflang="de" href="/de"/><link hreflang="en-GB" href="/en"/>', 'xml:lang="en"', "/en"),
        ('<link hreflang="zh-Hant" href="/tw"/><link hreflang="ja" href="/ja"/>', 'xml:lang="ja_JP"', "/ja"),
        ('<link hreflang="de" href="/de"/><link hreflang="en" href="/en"/>', "", "/de"),
        ('<link href="/first"/><link href="/second"/>', "", "/first"),
        ('<link type="application/pdf" href="/only.pdf"/>', "", "/only.pdf"),
        ('<link rel="self" href="/self"/><link rel="enclosure" href="/a.mp3"/>', "", ""),
    ],
)
def test_the_best_link_to_the_page_is_taken(links: str, lang: str, chosen: str) -> None:
    (found,) = feed(entry(f"<title>T</title>{links}", lang)).drafts
    expected = f"https://feeds.example.org{chosen}" if chosen.startswith("/") else chosen
    assert found.link == expected


@pytest.mark.parametrize(
    ("guid", "link"),
    [
        ('<guid isPermaLink="true">/blog/note-1</guid>', "https://e.org/blog/note-1"),
        ('<guid isPermaLink="TRUE">blog/note-1.html</guid>', "https://e.org/blog/note-1.html"),
        ("<guid>/日記/一.html</guid>", "https://e.org/日記/一.html"),
        ("<guid>//cdn.e.org/d</guid>", "https://cdn.e.org/d"),
        ('<guid isPermaLink="true">www.e.org/c</guid>', "https://www.e.org/c"),
        ("<guid>12345</guid>", ""),
        ('<guid isPermaLink="true">12345</guid>', ""),
        ('<guid isPermaLink="false">/blog/note-1</guid>', ""),
        ("<guid>tag:e.org,2024:/blog/1</guid>", ""),
        ("<guid>urn:uuid:1/2</guid>", ""),
        ("<guid>a / b</guid>", ""),
        ('<guid isPermaLink="true">/other</guid><link>https://e.org/stated</link>', "https://e.org/stated"),
    ],
)
def test_a_guid_that_is_a_relative_permalink_is_the_address(guid: str, link: str) -> None:
    (found,) = rss(f"<link>https://e.org/</link><item><title>T</title>{guid}</item>").drafts
    assert found.link == link


def test_xml_base_counts_for_a_permalink() -> None:
    (found,) = rss(
        '<item xml:base="https://b.org/x/"><title>T</title><guid isPermaLink="true">a/1</guid></item>'
    ).drafts
    assert found.link == "https://b.org/x/a/1"


@pytest.mark.parametrize(
    "element",
    [
        "<content>{}</content>",
        "<content_encoded>{}</content_encoded>",
        "<fulltext>{}</fulltext>",
        '<y:full-text xmlns:y="http://news.yandex.ru">{}</y:full-text>',
        '<t:content xmlns:t="http://turbo.yandex.ru">{}</t:content>',
    ],
)
def test_content_in_other_elements_is_kept(element: str) -> None:
    whole = element.format("&lt;p&gt;Весь текст статьи, whole and long.&lt;/p&gt;")
    for summary in ("", "<description>teaser</description>"):
        (found,) = rss(f"<item><title>T</title>{summary}{whole}</item>").drafts
        assert found.body == "<p>Весь текст статьи, whole and long.</p>"
        assert found.summary == ("teaser" if summary else "")


def test_content_encoded_stands_above_them() -> None:
    (found,) = rss(
        '<item xmlns:content="http://purl.org/rss/1.0/modules/content/"><title>T</title><content>other</content>'
        "<content:encoded>the text</content:encoded></item>"
    ).drafts
    assert found.body == "the text"


def test_words_that_podcast_directories_read_are_a_summary() -> None:
    item = '<item><title>T</title><g:description xmlns:g="http://www.google.com/schemas/play-podcasts/1.0">{}</g:description>{}</item>'
    assert rss(item.format("gp words", "")).drafts[0].body == "gp words"
    assert rss(item.format("gp words", "<description>ours</description>")).drafts[0].body == "ours"


def test_the_date_of_a_journal_is_read() -> None:
    item = '<item xmlns:p="http://prismstandard.org/namespaces/basic/2.0/"><title>T</title>{}</item>'
    dated = "<p:publicationDate>2024-05-10</p:publicationDate>"
    assert rss(item.format(dated)).drafts[0].published == "2024-05-10"
    stated = "<pubDate>Fri, 03 May 2024 10:00:00 GMT</pubDate>"
    assert rss(item.format(dated + stated)).drafts[0].published == "Fri, 03 May 2024 10:00:00 GMT"


def test_a_type_with_the_prefix_of_atom_is_a_type() -> None:
    (found,) = feed(
        entry('<title>T</title><content a:type="html">&lt;p&gt;hello &lt;b&gt;there&lt;/b&gt;&lt;/p&gt;</content>')
    ).drafts
    assert (found.body, found.body_kind) == ("<p>hello <b>there</b></p>", "html")
    (found,) = feed(entry("<title>T</title><content>&lt;p&gt; is an element</content>")).drafts
    assert (found.body, found.body_kind) == ("<p> is an element", "text")


def test_the_title_of_the_media_is_one_where_there_is_no_other() -> None:
    media = '<media:title>A film</media:title><media:content url="https://e.org/f.mp4" type="video/mp4"/>'
    assert feed(entry(media)).drafts[0].title == "A film"
    assert feed(entry(f"<title>T</title>{media}")).drafts[0].title == "T"


POEM = "roses are red\nviolets are blue\nsugar is sweet\nand so are you"
LOG = "GET /a 200\nget /b 404\npost /c 500"
MAIL = (
    "The ferry left the harbour at dawn, and the passengers carried their\n"
    "luggage to the upper deck, where the captain was waiting for them with\n"
    "coffee.\n\nNobody spoke for a while."
)


@pytest.mark.parametrize("text", [POEM, LOG, "line one\nline two", "x\ny", "и роза\nупала на лапу\nазора"])
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_line_ends_of_plain_text_stay(text: str, form: str) -> None:
    if form == "atom":
        parsed = feed(entry(f'<title>T</title><content type="text">{text}</content>'))
    else:
        parsed = rss(f"<item><title>T</title><description>{text}</description></item>")
    article = normalise(parsed.drafts[0], SOURCE)
    assert article.text == text
    assert article.content.count("<br>") == text.count("\n")


def test_mail_that_was_folded_at_a_width_is_unfolded() -> None:
    article = normalise(feed(entry(f'<title>T</title><content type="text">{MAIL}</content>')).drafts[0], SOURCE)
    first, second = article.text.split("\n\n")
    assert (first, second) == (MAIL.partition("\n\n")[0].replace("\n", " "), "Nobody spoke for a while.")


def test_a_short_line_in_folded_mail_ends_where_it_ends() -> None:
    text = f"{MAIL}\n\nshopping:\nmilk and\nbread"
    article = normalise(feed(entry(f'<title>T</title><content type="text">{text}</content>')).drafts[0], SOURCE)
    assert article.text.endswith("shopping:\nmilk and\nbread")
