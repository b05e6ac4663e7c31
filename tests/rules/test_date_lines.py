"""A date leaves the content only with a block that says nothing else: no word of any sentence, row or item goes with it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.ingest import digest
from feedsvc.model import RawDocument, Source
from feedsvc.rules import normalise
from tests.rules.drafts import draft_of

if TYPE_CHECKING:
    from feedsvc.model import Article

FILES = Source(name="posts", kind="directory", location="/posts", timezone="Asia/Tokyo")
FEED = Source(name="news", kind="feed", location="https://news.example.org/feed")
REST = "<p>The ferry sails again.</p>"


class Form(NamedTuple):
    """A date as a document marks it."""

    markup: str
    shown: str


FORMS = {
    "time": Form('<time datetime="2024-02-17">February 17</time>', "February 17"),
    "time-and-class": Form('<time class="dt-published" datetime="2024-02-17T09:00Z">17 Feb 2024</time>', "17 Feb 2024"),
    "class-date": Form('<span class="date">February 17, 2024</span>', "February 17, 2024"),
    "class-time": Form('<b class="time">2024-02-17 09:30</b>', "2024-02-17 09:30"),
    "nested": Form('<em><span class="pubdate">17.02.2024</span></em>', "17.02.2024"),
    "microdata": Form('<span itemprop="datePublished" content="2024-02-17">17 février</span>', "17 février"),
    "chinese": Form('<time datetime="2024-02-17">2月17日</time>', "2月17日"),
    "japanese": Form('<span class="date">2024年2月17日(土)</span>', "2024年2月17日(土)"),
    "korean": Form('<span class="date">2024년 2월 17일</span>', "2024년 2월 17일"),
    "arabic": Form('<time datetime="2024-02-17">١٧ فبراير ٢٠٢٤</time>', "١٧ فبراير ٢٠٢٤"),
    "relative": Form('<span class="time">3小时前</span>', "3小时前"),
    "words": Form('<time datetime="2024-02-17">the opening night</time>', "the opening night"),
}
# each says something beside the date, or is a part of something that does
SURROUNDINGS = {
    "sentence": "<p>Doors open on {} at noon.</p>",
    "short": "<p>Call {} off.</p>",
    "at-the-start": "<p>{} is off.</p>",
    "at-the-end": "<p>See {}</p>",
    "chinese": "<p>会议将于{}在北京举行。</p>",
    "japanese": "<p>{}に開催します。</p>",
    "korean": "<p>{}에 열립니다.</p>",
    "arabic": '<p dir="rtl">يبدأ المؤتمر في {} في دبي.</p>',
    "german": "<p>Am {} geht es los.</p>",
    "russian": "<p>Встреча {} в полдень.</p>",
    "bare-text": "Come to {} with us.",
    "in-a-box": "<div>Come to {} with us.</div>",
    "beside-a-block": "<div>Until {}<p>Then it closes.</p></div>",
    "marked-sentence": '<p class="post-date">Moved to {} then.</p>',
    "item": "<ul><li>Berlin, {}</li><li>Oslo</li></ul>",
    "item-alone": "<ul><li>{}</li><li>Oslo</li></ul>",
    "item-with-paragraphs": "<ul><li><p>{}</p></li><li><p>Oslo</p></li></ul>",
    "cell": "<table><tr><td>{}</td><td>Kick-off</td></tr><tr><td>x</td><td>y</td></tr></table>",
    "cell-with-paragraph": "<table><tr><td><p>{}</p></td><td>Kick-off</td></tr></table>",
    "head-of-a-column": "<table><tr><th>{}</th><th>Oslo</th></tr><tr><td>x</td><td>y</td></tr></table>",
    "caption": "<table><caption>{}</caption><tr><td>x</td><td>y</td></tr></table>",
    "heading": "<h2>{}</h2>",
    "heading-with-words": "<h3>News of {}</h3>",
    "term": "<dl><dt>{}</dt><dd>Kick-off</dd></dl>",
    "definition": "<dl><dt>Kick-off</dt><dd>{}</dd></dl>",
    "quotation": "<blockquote><p>{}</p><p>So they said.</p></blockquote>",
    "picture": '<figure><img src="https://x.example/a.png"><figcaption>{}</figcaption></figure>',
    "beside-a-picture": '<p><img src="https://x.example/a.png" alt="Quay"> {}</p>',
    "lines": "<p>Quay<br>{}<br>Ferry</p>",
    "two-dates": "<p>{} – <b>2024-02-19</b></p>",
    "count": "<p>{} 40 km</p>",
    "inline-neighbour": "<p>{} <i>Quay</i></p>",
    "link": '<p><a href="https://x.example/">Quay, {}</a></p>',
}


def article(body: str, **fields: str) -> Article:
    return normalise(draft_of(body, title="A day out", **fields), FILES)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def letters(text: str) -> str:
    """Return all that is not white space or a mark: tags part no words where none are written."""
    return "".join(words(text))


def shown(markup: str) -> str:
    return re.sub(r"<[^>]*>", " ", markup)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS)
@pytest.mark.parametrize("kind", ["html", "markdown"])
def test_a_date_beside_anything_stays(around: str, form: Form, kind: str) -> None:
    body = around.format(form.markup) + ("\n\n" if kind == "markdown" else "") + REST
    found = article(body, body_kind=kind)
    assert letters(found.text) == letters(shown(body))
    assert letters(shown(found.content)) == letters(shown(body))


@given(st.data())
def test_no_word_is_lost_whatever_stands_before_and_after(data: st.DataObject) -> None:
    word = st.text("abdehoxyz北京市に에를опр", min_size=2, max_size=6)
    before, after = data.draw(st.lists(word, max_size=3)), data.draw(st.lists(word, max_size=3))
    form = data.draw(st.sampled_from(sorted(FORMS)))
    tag = data.draw(st.sampled_from(["p", "div", "li", "td", "h2", "dd", "section", "span"]))
    mark = data.draw(st.sampled_from(["", ' class="date"', ' class="u-time"', ' class="meta"']))
    body = f"<{tag}{mark}>{' '.join(before)} {FORMS[form].markup} {' '.join(after)}</{tag}>{REST}"
    kept = words(article(body).text)
    assert not {*before, *after} - set(kept)
    if before or after:
        assert set(words(FORMS[form].shown)) <= set(kept)


@pytest.mark.parametrize(
    "line",
    [
        '<p class="date">2024-02-17 09:30</p>',
        '<p><time datetime="2024-02-17">February 17</time></p>',
        '<time datetime="2024-02-17">Saturday, 17 February 2024</time>',
        '<div><span class="time">2024-02-17</span></div>',
        '<div class="meta"><p>Posted on February 17, 2024</p></div>',
        '<p>Posted on <time datetime="2024-02-17">Feb 17</time></p>',
        "<p>Posted on February 17, 2024</p>",
        '<p class="date">Posted on Saturday, February 17, 2024</p>',
        "<p>发布时间：2024-02-17 22:17</p>",
        "<p>發佈日期：2024年2月17日</p>",
        '<p>发布时间：<span class="time">2024-02-17 22:17</span></p>',
        '<p class="time">2024-02-17 22:17 星期六 阅读：1024</p>',
        '<p class="u-time"><span class="source">江城日报</span> <span class="time">2024-02-17 22:17</span></p>',
        "<p>投稿日：2024年2月17日</p>",
        "<p>작성일: 2024년 2월 17일</p>",
        "<p>Veröffentlicht am 17. Februar 2024</p>",
        '<p>Datum: <time datetime="2024-02-17">17.02.2024, 9:30 Uhr</time></p>',
        "<p>Publié le 17 février 2024</p>",
        "<p>Опубликовано 17 февраля 2024</p>",
        '<p>تاريخ النشر: <time datetime="2024-02-17">١٧ فبراير ٢٠٢٤</time></p>',
        '<p><time datetime="2024-02-17">17 Şubat 2024</time></p>',
        '<p><time datetime="2024-02-17">السبت، 17 فبراير 2024</time></p>',
        '<p><time datetime="2024-02-17">sábado, 17 de febrero de 2024</time></p>',
        '<p class="pub-time">3小时前</p>',
        '<p><time datetime="2024-02-17T09:30Z">vor 2 Stunden</time></p>',
        '<p class="published-time"><time datetime="2024-02-17T20:13:54Z">8.13pm <span>GMT</span></time></p>',
    ],
)
def test_a_line_that_is_only_a_date_goes(line: str) -> None:
    found = article(line + REST)
    assert found.text == "The ferry sails again."
    assert found.content == REST


def test_a_line_of_markdown_that_is_only_a_date_goes() -> None:
    found = article("发布时间：2024-02-17 22:17\n\nThe *ferry* sails again.", body_kind="markdown")
    assert found.text == "The ferry sails again."


@pytest.mark.parametrize(
    "line",
    [
        "<p>Posted on February 17, 2024 in Garden</p>",
        "<p>Garden | Posted on February 17, 2024</p>",
        '<p>Out <time datetime="2024-02-17">February 17</time></p>',
        '<p class="date">2024年2月17日時点</p>',
        '<p class="date">Posted on February 17, 2024 by Jane Doe</p>',
        '<p class="meta"><time datetime="2024-02-17">February 17</time> <span>Jane Doe</span></p>',
        '<p><time datetime="2024-02-17">17</time> <time datetime="2024-02-19">19 February</time></p>',
    ],
)
def test_a_line_that_says_more_stays_whole(line: str) -> None:
    assert letters(article(line + REST).text) == letters(shown(line + REST))


@pytest.mark.parametrize("body", ['<p class="date">2024-02-17</p>', "<div><p><time>2024-02-17</time></p></div>"])
def test_an_article_that_is_nothing_but_a_date_keeps_it(body: str) -> None:
    assert article(body).text == "2024-02-17"


def test_a_row_keeps_its_cells() -> None:
    row = '<table><tr><td class="date">2024-02-17</td><td>Kick-off</td></tr><tr><td>x</td><td>y</td></tr></table>'
    assert article(row + REST).content.count("<td>") == 4
    assert article(row + REST).text.startswith("2024-02-17\tKick-off\nx\ty")


def test_what_the_text_says_does_not_depend_on_what_is_stated() -> None:
    body = f'<p>Come on <time datetime="2024-02-17">February 17</time>.</p>{REST}'
    texts = {article(body, published=stated).text for stated in ("", "Invalid Date", "2021-01-01", "2024-02-17")}
    assert texts == {"Come on February 17.\n\nThe ferry sails again."}


SENTENCE = '<p>会議は<time datetime="2024-02-17">2月17日</time>に始まります。</p>'
DOCUMENTS = {
    "a.md": f"---\ntitle: A day out\ndate: 2024-02-01\n---\n{SENTENCE}\n\nMore.\n",
    "plain.md": '---\ntitle: A day out\ndate: 2024-02-01\n---\n会議は<time datetime="2024-02-17">2月17日</time>に始まります。\n',
    "a.html": f"---\ntitle: A day out\ndate: 2024-02-01\n---\n{SENTENCE}<p>More.</p>",
    "rss": (
        '<rss version="2.0"><channel><title>T</title><link>https://news.example.org/</link><description>d</description><item>'
        "<title>A day out</title><guid>1</guid><pubDate>Thu, 01 Feb 2024 00:00:00 GMT</pubDate>"
        f"<description>{escape(SENTENCE)}</description></item></channel></rss>"
    ),
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>T</title><updated>2024-02-01T00:00:00Z</updated><entry>'
        "<id>urn:1</id><title>A day out</title><updated>2024-02-01T00:00:00Z</updated>"
        f'<content type="html">{escape(SENTENCE)}</content></entry></feed>'
    ),
    "json": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "T",
            "items": [
                {"id": "1", "title": "A day out", "date_published": "2024-02-01T00:00:00Z", "content_html": SENTENCE}
            ],
        }
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sentence_keeps_its_date_in_files_and_in_feeds(name: str) -> None:
    kinds = {"md": "text/markdown", "html": "text/html"}
    suffix = name.rpartition(".")[2]
    raw = RawDocument(
        source="posts",
        locator=name,
        media_type=kinds.get(suffix, ""),
        body=DOCUMENTS[name].encode(),
        fingerprint="1",
        fetched_at=datetime(2024, 3, 1, tzinfo=UTC),
    )
    (found,) = digest(raw, source=FILES if suffix in kinds else FEED).articles
    assert found.text.startswith("会議は2月17日に始まります。")
    assert "2月17日" in found.summary
    assert found.published is not None
    assert found.published.day != 17
