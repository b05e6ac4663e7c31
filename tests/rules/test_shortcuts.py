"""Shortcuts give the answers of the long way: each is compared with it."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.rules import addresses, language
from feedsvc.rules.dates import parse
from feedsvc.rules.html import body_lines
from feedsvc.rules.text import letters, printable
from tests.rules.drafts import draft_of, parsed

ADDRESSES = st.from_regex(
    r"(?:https?|HTTP|ftp)://[a-zA-Z0-9.:@-]{0,12}(?:[/?#;&=%.~a-zA-Z0-9_\[\]\\ -]|é){0,20}", fullmatch=True
)
BASES = st.sampled_from(("", "http://site.example/a/b?c#d", "https://site.example", "https://other.example/x;y/z"))
WORDS = st.text(alphabet="ab \t\n\r\x00\x0b\x1f\x7f\x85\xa0é中\ud800\ufffe\uffff", max_size=30)
DATED = st.lists(
    st.sampled_from(
        ("2021-09-06 22:17", "06.09.2021", "2021年9月6日", "二〇二一年一月四日", "2021년 9월 6일", "令和3年9月6日", "September 6, 2021",
         "6 de mayo de 2020", "1999", "20", "年", "년", "-", "/", ".", " ", "text", "２０２１－０９－０６", "二〇二一년 1월 4일")
    ),
    max_size=6,
).map("".join)  # fmt: skip
BODIES = st.lists(
    st.sampled_from(
        ("<p>", "</p>", "<b>", "</b>", "<br>", "<div>", "</div>", "<ul><li>", "</ul>", "<pre>", "</pre>", "<!-- c -->", "words ", "\n",
         "line\nline", "x" * 700, "y" * 1600, "<hr>", "<script>s</script>", "<h2>", "</h2>", "<blockquote>", "</blockquote>")
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(ADDRESSES, BASES)
def test_an_address_that_is_whole_is_what_joining_and_parting_make_of_it(url: str, base: str) -> None:
    if addresses._WHOLE.fullmatch(url):
        assert addresses.absolute(url, base) == (urljoin(base, url) if base else url)
        assert urlsplit(url).geturl() == url
        assert addresses.is_web(url) is bool(urlsplit(url).hostname)


@pytest.mark.parametrize(
    "url",
    ["https://a.example/b?", "https://a.example/b#", "https://a.example/b;", "https://a b.example", "//a.example"],
)
def test_an_address_that_parting_changes_is_not_taken_for_whole(url: str) -> None:
    assert addresses._WHOLE.fullmatch(url) is None


@given(WORDS)
def test_text_is_printable_by_either_way(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert printable(text) == re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", lines)


def test_letters_are_what_python_calls_letters_and_digits() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert letters(everything) == "".join(filter(str.isalnum, everything.casefold()))


@given(DATED)
def test_a_form_that_is_left_out_had_no_date(text: str) -> None:
    forms = tuple(form._replace(needs="") for form in parse.FORMS)
    assert list(parse._readings(text, parse.FORMS)) == list(parse._readings(text, forms))


@given(BODIES, st.booleans())
def test_the_last_lines_are_those_of_a_walk_from_the_end(body: str, breaks: bool) -> None:  # noqa: FBT001 (a strategy)
    _, findings = parsed(draft_of(f"<div></div>{body}"))
    findings = findings._replace(line_breaks=breaks)
    root: Any = findings.tree.body
    end = body_lines._end(findings, root, body_lines.END_NODES)
    assert [line._replace(node=line.node.mem_id) for line in body_lines.lines_of(findings).end] == [
        line._replace(node=line.node.mem_id) for line in end
    ]


@given(st.text(alphabet="the of and, de la 中文@.:/http é'9", max_size=60))
def test_words_and_addresses_are_found_by_either_way(sample: str) -> None:
    assert language._words(sample.lower()) == language._WORD.findall(sample.lower())
    assert language._without_addresses(sample) == language._ADDRESS.sub(" ", sample)


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 (wall clocks)
OFFSETS = st.sampled_from(
    ("Z", "GMT", "UTC", "+0000", "-0530", "+1445", "+00:00", "-05:30", "+14:00", "EST", "PDT", "+1500", "")
)


@given(
    MOMENTS,
    OFFSETS,
    st.sampled_from(
        (
            "%a, %d %b %Y %H:%M:%S ",
            "%d %b %Y %H:%M:%S ",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%dT%H:%M:%S.%f",
            "%Y-%m-%dT%H:%M:%S.5",
        )
    ),
)
def test_a_standard_date_is_read_as_by_the_long_way(moment: datetime, zone: str, form: str) -> None:
    value = (moment.strftime(form) + zone).strip()
    assert (parse._standard(value) or parse._long_way(value)) == parse._long_way(value)


def test_the_standard_forms_of_feeds_are_read_the_short_way() -> None:
    assert parse._standard("Fri, 02 Jan 2026 03:00:07 GMT")
    assert parse._standard("2 Jan 2026 03:00:07 +0800")
    assert parse._standard("2026-01-02T03:00:07-05:00")
    assert parse._standard("Fri, 31 Feb 2026 03:00:07 GMT") is None


@given(st.text(alphabet="Ab \t\n\x1f\xa0", max_size=12), st.integers(1, 300), st.sampled_from((" ", "word ", "中")))
def test_a_line_is_folded_as_if_it_were_read_whole(text: str, times: int, filling: str) -> None:
    whole = text + filling * times + text * times
    folded = " ".join(whole[: 4 * body_lines.LINE_CHARACTERS].split())[: body_lines.LINE_CHARACTERS]
    assert body_lines._folded(whole) == folded
