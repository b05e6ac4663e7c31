from __future__ import annotations

import pytest
from lxml import etree

from feedsvc.formats import opml
from feedsvc.formats.item import NEVER, head
from feedsvc.model import FeedSpec
from tests.formats.making import SITE, check


def an_index() -> bytes:
    everything = head(FeedSpec(path="all", title="每日归档"), SITE, NEVER)
    chips = head(FeedSpec(path="category/科技/芯片", title='R&D "chips" <now>'), SITE, NEVER)
    return opml.document(SITE.title, [("", [(everything, "atom")]), ("科技", [(chips, "json")]), ("none", [])])


def test_the_index_is_valid() -> None:
    check("opml", an_index())


def test_a_feed_is_listed_once_at_its_address() -> None:
    addresses = etree.fromstring(an_index()).xpath("//@xmlUrl")
    assert addresses == [
        "https://news.example.org/feeds/all.atom",
        "https://news.example.org/feeds/category/%E7%A7%91%E6%8A%80/%E8%8A%AF%E7%89%87.json",
    ]


def test_a_group_holds_its_feeds_by_their_titles() -> None:
    assert etree.fromstring(an_index()).xpath("//outline[@text='科技']/outline/@title") == [
        'R&amp;D "chips" &lt;now&gt;'
    ]


@pytest.mark.parametrize(
    ("title", "shown"), [("R&D & more", "R&amp;D &amp; more"), ("a & b", "a & b"), ("1 < 2", "1 &lt; 2")]
)
def test_a_title_that_could_be_taken_for_markup_is_written_as_html(title: str, shown: str) -> None:
    made = head(FeedSpec(path="all", title=title), SITE, NEVER)
    body = opml.document(title, [("", [(made, "atom")]), (title, [(made, "atom")])])
    check("opml", body)
    assert set(etree.fromstring(body).xpath("//outline/@text")) == {shown}
