"""The date of an article: each golden is a body and what may be said of it; traps expect nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model.catalog import EVIDENCE, FORMS
from feedsvc.rules import dates
from feedsvc.rules.html.body_lines import lines_of
from tests.rules.drafts import FETCHED, draft_of, golden, golden_cases, parsed

if TYPE_CHECKING:
    from feedsvc.rules.case import Findings
    from tests.golden_files import GoldenFiles

GOLDENS = Path(__file__).parent.parent / "goldens" / "dates"
MARKED = '<div><p class="u-time"><span class="time">{}</span></p><p>The harbour opens again.</p></div>'


def dropped_text(findings: Findings) -> str:
    nodes = (node for node in findings.tree.body.traverse() if node.mem_id in findings.dropped)
    return " ".join(" ".join((node.text() or "").split()) for node in nodes)


@pytest.mark.parametrize("expectation", golden_cases(GOLDENS), ids=lambda path: path.stem)
def test_a_date_is_found_where_the_golden_says(expectation: Path, goldens: GoldenFiles) -> None:
    case, findings = golden(expectation)
    found = dates.publication_date(case, findings)
    made = {
        "published": found.published.isoformat() if found.published else None,
        "published_from": found.published_from,
        "dropped": dropped_text(found) if found.tree else "",
    }
    goldens.json(expectation, made, "expected")


@pytest.mark.parametrize("stated", ["Invalid Date", "1970-01-01", "0001-01-01T00:00:00Z", "2031-01-01", "{{ date }}"])
def test_what_is_no_date_is_noted_and_never_passes(stated: str) -> None:
    case, findings = parsed(draft_of("<p>Text alone.</p>", published=stated))
    found = dates.publication_date(case, findings)
    assert (found.published, found.published_from, found.published_raw) == (None, "", "")
    assert [(repair.rule, repair.before) for repair in found.repairs] == [("dates.unreadable", stated)]


def test_a_body_date_in_place_of_a_stated_one_is_noted() -> None:
    case, findings = parsed(draft_of(MARKED.format("2021-09-06 22:17"), published="Invalid Date"), "Asia/Shanghai")
    found = dates.publication_date(case, findings)
    assert [(repair.rule, repair.before, repair.after) for repair in found.repairs] == [
        ("dates.body", "Invalid Date", "2021-09-06T14:17:00+00:00")
    ]
    assert found.published_raw == "2021-09-06 22:17"


def test_a_blank_date_that_nothing_replaces_needs_no_note() -> None:
    case, findings = parsed(draft_of("<p>Text alone.</p>"))
    assert dates.publication_date(case, findings).repairs == ()


def test_a_guessed_zone_is_noted() -> None:
    case, findings = parsed(draft_of(MARKED.format("2021-09-06 22:17").replace("The harbour", "河水涨了")))
    rules = [repair.rule for repair in dates.publication_date(case, findings).repairs]
    assert rules == ["dates.body", "dates.zone"]


def test_a_zone_that_the_string_names_is_not_guessed() -> None:
    case, findings = parsed(draft_of(MARKED.format("2021-09-06 22:17 +0200").replace("The harbour", "河水涨了")))
    found = dates.publication_date(case, findings)
    assert found.published == datetime(2021, 9, 6, 20, 17, tzinfo=UTC)
    assert [repair.rule for repair in found.repairs] == ["dates.body"]


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        ("2021-03-28 02:30", "2021-03-28T01:30:00+00:00"),  # skipped by the clocks of Berlin
        ("2021-10-31 02:30", "2021-10-31T00:30:00+00:00"),  # shown twice: the first
    ],
)
def test_clock_changes_neither_fail_nor_shift_a_day(wall: str, moment: str) -> None:
    case, findings = parsed(draft_of("<p>Text alone.</p>", published=wall), "Europe/Berlin")
    published = dates.publication_date(case, findings).published
    assert published is not None
    assert published.isoformat() == moment


def test_an_unknown_zone_of_the_source_is_utc() -> None:
    case, findings = parsed(draft_of("<p>Text alone.</p>", published="2021-09-06 22:17"), "Mars/Olympus")
    assert dates.publication_date(case, findings).published == datetime(2021, 9, 6, 22, 17, tzinfo=UTC)


def test_modified_is_what_the_document_says() -> None:
    case, findings = parsed(draft_of("<p>Text.</p>", published="2021-09-06", updated="2022-01-01T00:00:00Z"))
    assert dates.publication_date(case, findings).modified == datetime(2022, 1, 1, tzinfo=UTC)


def test_two_days_ahead_is_a_wrong_clock_and_three_a_plan() -> None:
    for ahead, passes in ((1.9, True), (3.0, False)):
        stated = (FETCHED + timedelta(days=ahead)).isoformat()
        case, findings = parsed(draft_of("<p>Text.</p>", published=stated))
        assert (dates.publication_date(case, findings).published is not None) is passes


def test_the_date_line_goes_whatever_front_matter_says() -> None:
    body = MARKED.format("2021-09-06 22:17")
    lines = set()
    for stated in ("Invalid Date", "", "2020-01-01", "2021-09-06T22:17:00Z"):
        case, findings = parsed(draft_of(body, published=stated))
        lines.add(dropped_text(dates.publication_date(case, findings)))
    assert lines == {"2021-09-06 22:17"}


@pytest.mark.parametrize(
    "body",
    [
        '<div><p>Short news.</p><p class="time">2021-09-06 22:17</p></div>',
        "<div>Short news.<br>发布时间：2021-09-06 22:17</div>",
        '<div>Short news. <span class="time">2021-09-06 22:17</span></div>',
    ],
)
def test_no_word_of_the_article_goes_with_its_date(body: str) -> None:
    case, findings = parsed(draft_of(body))
    found = dates.publication_date(case, findings)
    assert found.published is not None
    assert "news" not in dropped_text(found)


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_makes_it_fail(body: str, stated: str) -> None:
    case, findings = parsed(draft_of(f'<p class="time">{body}</p>', published=stated, link=body, locator=stated))
    published = dates.publication_date(case, findings).published
    assert published is None or dates.EARLIEST_YEAR <= published.year <= FETCHED.year


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_a_provenance(form: str) -> None:
    case, findings = parsed(draft_of("<p>Text.</p>", published="2021-09-06", form=form))
    assert dates.publication_date(case, findings).published_from in EVIDENCE


def test_a_form_without_a_provenance_is_refused_by_its_name() -> None:
    case, findings = parsed(draft_of("<p>Text.</p>", published="2021-09-06", form="unheard-of"))
    with pytest.raises(LookupError, match="unheard-of"):
        dates.publication_date(case, findings)


@pytest.mark.parametrize(
    "piece",
    [
        "<p>2021-09-06</p>",
        '<span class="time">2021-</span>',
        "<time>2021</time>",
        "发布时间：",
        "2021年9月6日 ",
        "<b>",
        "Posted on ",
        " ",
    ],
)
def test_a_megabyte_of_it_takes_less_than_a_second(piece: str) -> None:
    case, findings = parsed(draft_of(piece * (1_000_000 // len(piece))))
    start = process_time()
    dates.publication_date(case, findings)
    assert process_time() - start < 20


def test_lines_come_from_both_ends_in_order() -> None:
    _, findings = parsed(draft_of("<div>a<br>b<p>c <b>d</b></p></div><ul><li>e</li></ul><blockquote>f</blockquote>"))
    lines = lines_of(findings)
    assert [line.text for line in lines.top] == ["a", "b", "c d", "e", "f"]
    assert [line.text for line in lines.end] == ["a", "b", "c d", "e", "f"]
    assert [(line.entry, line.aside) for line in lines.top[3:]] == [(True, False), (False, True)]


def test_a_long_body_is_read_at_its_ends_only() -> None:
    _, findings = parsed(draft_of("<p>text</p>" * 5000))
    lines = lines_of(findings)
    assert len(lines.top) + len(lines.end) < 600


def test_no_body_has_no_lines() -> None:
    case, findings = parsed(draft_of("", published="2021-09-06"))
    assert lines_of(findings) == ((), ())
    assert dates.publication_date(case, findings._replace(tree=None)).published is not None


def published(**fields: object) -> Findings:
    return dates.publication_date(*parsed(draft_of("<div>\n<p>Nothing dated here.</p>\n</div>", **fields)))


def test_the_clock_of_a_program_that_relaid_a_feed_is_no_publication_date() -> None:
    found = published(published="2022-06-18 01:59:51", machine_made=True)
    assert found.published is None
    assert [repair.rule for repair in found.repairs] == ["dates.crawl-clock"]


def test_a_date_that_a_program_copied_from_its_feed_stands() -> None:
    assert published(published="Fri, 17 Jun 2022 17:59:51 GMT", machine_made=True).published is not None


def test_a_person_who_writes_no_zone_is_believed() -> None:
    assert published(published="2022-06-18 01:59:51").published_from == "front-matter"
