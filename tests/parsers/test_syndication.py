"""Feeds: what is decided between things said twice, what is refused, what is mended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import DocumentError
from feedsvc.parsers import PARSERS, parse
from feedsvc.parsers.people import person
from feedsvc.parsers.syndication import items, loose, strict, xml_repair
from tests.parsers.documents import feed, raw, rss


def test_a_guid_is_a_link_only_when_it_says_so_and_is_one() -> None:
    found = rss(
        "<item><guid>https://e.org/1</guid></item>"
        "<item><guid isPermaLink='false'>https://e.org/2</guid></item>"
        "<item><guid>3</guid></item>"
    )

    assert [d.link for d in found.drafts] == ["https://e.org/1", "", ""]
    assert [d.native_id for d in found.drafts] == ["https://e.org/1", "https://e.org/2", "3"]


def test_a_description_that_is_the_content_is_no_summary() -> None:
    found = rss("<item><description>x</description></item>").drafts[0]

    assert (found.body, found.summary) == ("x", "")


def test_markup_inside_a_title_element_is_kept() -> None:
    assert rss("<item><title>a <b>c</b> &lt; d</title></item>").drafts[0].title == "a <b>c</b> &lt; d"


_RDF = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'"


@pytest.mark.parametrize(
    ("before", "item", "between", "after"),
    [
        ("<rss><channel>", "<item><title>{0}</title></item>", "", "</channel></rss>"),
        ("<rss><channel>&nope", "<item><title>{0} &nope</title></item>", "", "</channel></rss>"),
        ("<rss><channel><a><b></a>", "<item><title>{0}</title></item>", "", "</channel></rss>"),
        (f"<rdf:RDF {_RDF}><channel/>", "<item rdf:about='https://e.example/{0}'/>", "", "</rdf:RDF>"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry><id>urn:x:{0}</id></entry>", "", "</feed>"),
        ('{"items": [', '{{"id": "{0}"}}', ",", "]}"),
    ],
    ids=["rss", "mended", "loose", "rdf", "atom", "json"],
)
def test_all_items_are_read_however_many_there_are(before: str, item: str, between: str, after: str) -> None:
    text = before + between.join(item.format(n) for n in range(2_600)) + after

    found = parse(raw(text.encode(), "https://feeds.example.org/log.xml"))

    assert len(found.drafts) == 2_600
    assert found.cuts == ()


def test_what_no_parser_takes_whole_is_said_to_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    def gives_up(_markup: str) -> None:
        raise DocumentError("not a feed: it gives up")

    monkeypatch.setattr(loose, "read", gives_up)

    found = rss("<item><title>a</title></item><b><item><title>c</title></item>")

    assert [one.title for one in found.drafts] == ["a", "c"]
    assert found.cuts == (
        "malformed: no parser takes the feed whole, and some of it may be left out; tell its publisher",
    )


def test_an_item_that_says_nothing_is_no_draft() -> None:
    found = rss("<item/><item><title>x</title></item><item><pubDate>today</pubDate></item>")

    assert [d.title for d in found.drafts] == ["x"]
    assert found.repairs == ("empty: 2 items that say nothing left out",)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<!DOCTYPE html><html><body>x</body></html>", "a web page"),
        (b"<html><title>RSSHub</title>", "RSSHub"),
        (b"plain words", "neither"),
        (b'{"a": 1}', "without `items`"),
        (b"{broken", "broken JSON"),
        (b"<opml version='1.0'><body/></opml>", "kind `opml`"),
        (b"<urlset xmlns='x'></urlset>", "kind `sitemap`"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"  \n ", "empty"),
        (b"<?xml version='1.0'?>", "empty"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        feed(body)


def test_a_feed_is_told_by_its_bytes_whatever_its_address() -> None:
    found = parse(
        raw(
            b"<rss><channel><item><title>x</title></item></channel></rss>",
            "https://e.org/a.html",
            media_type="text/html",
        )
    )

    assert found.drafts[0].form == "rss"


def test_a_file_is_a_post_whatever_its_bytes() -> None:
    assert parse(raw(b"<rss>in a post</rss>", "a.md")).drafts[0].form == "front-matter"


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE rss PUBLIC "-//N//DTD" "http://e.org/rss.dtd">',
        '<!DOCTYPE rss [<!ENTITY x "> ] text"><!ENTITY y SYSTEM "file:///etc/passwd">]>',
        "<!-- <rss> -->",
        '<?xml-stylesheet href="<rss>"?>\ufeff',
        "warning: a line of PHP before the feed\n",
    ],
)
def test_what_stands_before_the_feed_is_left_out(prologue: str) -> None:
    found = feed(f"{prologue}<rss><channel><item><title>&y;x</title></item></channel></rss>")

    assert found.drafts[0].title in ("&y;x", "x")


def test_an_entity_is_never_resolved() -> None:
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    found = feed(
        f'<!DOCTYPE r [<!ENTITY l0 "lol">{bomb}]><rss><channel><item><title>&l11;</title></item></channel></rss>'
    )

    assert found.drafts[0].title == "&l11;"


def test_words_that_a_document_names_itself_are_put_in_outside_cdata() -> None:
    found = feed(
        """<!DOCTYPE rss [<!ENTITY id "tag:e.org,">\n<!ENTITY site 'Harbour'>]>"""
        "<rss><channel><item><title>&site; news</title><guid>&id;2026:1</guid>"
        "<description><![CDATA[&site;]]></description></item></channel></rss>"
    )

    (draft,) = found.drafts
    assert (draft.title, draft.native_id, draft.body) == ("Harbour news", "tag:e.org,2026:1", "&site;")


def test_words_that_are_named_too_often_are_not_put_in() -> None:
    words, count = "x" * 200, 6_000
    found = feed(
        f'<!DOCTYPE r [<!ENTITY w "{words}">]><rss><channel><item><title>{"&w;" * count}</title></item></channel></rss>'
    )

    assert found.drafts[0].title == "&w;" * count


@given(st.lists(st.sampled_from(["&a;", "&b;", "&c;", "<![CDATA[", "]]>", "text"]), max_size=30).map("".join))
def test_what_names_an_entity_that_is_none_of_the_documents_stays(markup: str) -> None:
    head = '<!DOCTYPE r [<!ENTITY a "1"><!ENTITY b "&a;&a;">]>'

    found = xml_repair.feed_markup(f"{head}<rss>{markup}</rss>")

    assert found.replace("1", "&a;") == f"<rss>{markup}</rss>"


@pytest.mark.parametrize(
    ("reference", "character"), [("&#xD800;", ""), ("&#0;", ""), ("&#55357;", ""), ("&hellip;", "…"), ("&#x80;", "€")]
)
def test_references_become_characters_that_exist(reference: str, character: str) -> None:
    assert rss(f"<item><title>a{reference}b & c</title></item>").drafts[0].title == f"a{character}b & c"


def test_a_reference_to_half_a_character_does_not_cost_a_malformed_feed() -> None:
    found = feed("<rss><channel><item><title>a&#xD800;b</title></b></item></channel></rss>")

    assert [d.title for d in found.drafts] == ["ab"]


def test_what_feedparser_gives_up_is_read_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    import feedparser  # noqa: PLC0415

    monkeypatch.setattr(feedparser, "parse", lambda *_, **__: 1 / 0)

    found = feed("<rss><channel><item><title>whole</title></item><item><title>half</channel>")

    assert [d.title for d in found.drafts] == ["whole", "half"]
    assert found.repairs == ("malformed XML: read as far as it goes",)
    with pytest.raises(DocumentError, match="ZeroDivisionError"):
        feed("<rss><channel></rss>")


def test_json_escapes_of_half_characters_are_replaced() -> None:
    assert feed('{"items": [{"id": 1, "title": "a\\udfff"}]}').drafts[0].title == "a\ufffd"


def test_every_ampersand_is_mended_outside_cdata_alone() -> None:
    assert xml_repair.repaired("<rss>a & b &amp; &x; <![CDATA[c & d]]> & <!-- & --></rss>") == (
        "<rss>a &amp; b &amp; &amp;x; <![CDATA[c & d]]> &amp; <!-- & --></rss>"
    )


def test_the_strict_reader_takes_only_well_formed_feeds() -> None:
    for markup in ("<rss><channel></rss>", "<rss/>", "<opml/>", "<rss><channel>&nbsp;</channel></rss>"):
        with pytest.raises(strict.UnsureError):
            strict.read(markup)


@pytest.mark.parametrize(
    "title",
    [
        "Bridge returned error 404! (19000)",
        "Bridge returned error 0",
        "FooBridge was unable to receive or process the remote website's content!",
    ],
)
def test_an_error_of_a_bridge_is_a_notice(title: str) -> None:
    assert rss(f"<item><title>{title}</title></item>").drafts[0].notice


@pytest.mark.parametrize("title", ["The bridge returned errors", "How RSSHub reports errors", "Error"])
def test_an_article_about_errors_is_no_notice(title: str) -> None:
    assert not rss(f"<item><title>{title}</title><description>about it</description></item>").drafts[0].notice


@pytest.mark.parametrize(
    ("text", "name", "mail"),
    [
        ("ada@e.org (Ada)", "Ada", "ada@e.org"),
        ("mailto:ada@e.org (Ada)", "Ada", "ada@e.org"),
        ("Ada <ada@e.org>", "Ada", "ada@e.org"),
        ('"Ada" (ada@e.org)', "Ada", "ada@e.org"),
        ("Ada (the first)", "Ada (the first)", ""),
        ("ada@e.org", "ada@e.org", ""),
    ],
)
def test_a_name_is_taken_out_of_its_address(text: str, name: str, mail: str) -> None:
    found = person(text)

    assert found is not None
    assert (found.name, found.email) == (name, mail)


@pytest.mark.parametrize("text", ["", "  ", "null", "(hidden)"])
def test_nobody_is_nobody(text: str) -> None:
    assert person(text) is None


def test_the_base_is_what_the_document_says_then_the_site_then_its_address() -> None:
    item = "<item><link>/1</link></item>"

    assert feed(f"<rss><channel>{item}</channel></rss>").drafts[0].link == "https://feeds.example.org/1"
    assert feed(f"<rss><channel><link>http://s.org/x/</link>{item}</channel></rss>").drafts[0].link == "http://s.org/1"
    based = feed(f"<rss><channel xml:base='http://b.org/'><link>http://s.org/x/</link>{item}</channel></rss>")
    assert based.drafts[0].link == "http://b.org/1"


def test_an_address_that_is_none_is_left_as_it_is() -> None:
    assert rss("<item><link>http://[</link><enclosure url='//['/></item>").drafts[0].link == "http://["


def test_the_readers_agree_on_a_plain_feed() -> None:
    markup = (
        "<rss version='2.0'><channel><title>t</title><link>http://e.org/</link><item><title>x</title><link>http://e.org/1</link>"
        "<guid>g</guid><pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate><category>c</category>"
        "<description>&lt;p&gt;d&lt;/p&gt;</description>"
        "<enclosure url='http://e.org/a.mp3' type='audio/mpeg' length='3'/></item></channel></rss>"
    )
    one, other = strict.read(markup), loose.read(markup)

    assert one.head == other.head
    assert [items.draft(raw(b""), one.form, one.head, i) for i in one.items] == [
        items.draft(raw(b""), other.form, other.head, i) for i in other.items
    ]


def test_the_last_parser_takes_everything() -> None:
    assert PARSERS[-1].accepts(raw(b"", "x.unknown"), None)


def test_base64_is_read_over_several_lines() -> None:
    found = feed(
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>a</title>'
        '<content type="text/html" mode="base64">\nPHA+c2Fs\ndDwvcD4=\n</content></entry></feed>'
    )

    assert found.drafts[0].body == "<p>salt</p>"


def test_an_id_in_capitals_is_a_link_too() -> None:
    assert rss("<item><title>a</title><guid>HTTP://e.org/1</guid></item>").drafts[0].link == "HTTP://e.org/1"


def test_a_field_encoded_twice_is_mended_where_controls_prove_it() -> None:
    found = rss(
        "<item><title>&#226;&#128;&#166;</title></item><item><title>Martine \u00c3\u00a9crit en UTF-8</title></item>"
        "<item><title>渡轮</title></item>"
    )

    assert [one.title for one in found.drafts[:2]] == ["\u2026", "Martine \u00c3\u00a9crit en UTF-8"]
