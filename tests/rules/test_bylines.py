"""Who made an article: each golden is a body and whom it names; traps name nobody."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Person
from feedsvc.rules import bylines
from feedsvc.rules.bylines import byline_words
from tests.rules.drafts import draft_of, golden, golden_cases, parsed

if TYPE_CHECKING:
    from tests.golden_files import GoldenFiles

GOLDENS = Path(__file__).parent.parent / "goldens" / "bylines"


@pytest.mark.parametrize("expectation", golden_cases(GOLDENS), ids=lambda path: path.stem)
def test_people_are_found_where_the_golden_says(expectation: Path, goldens: GoldenFiles) -> None:
    found = bylines.byline(*golden(expectation))
    people = [[person.name, person.role] for person in found.people]
    goldens.json(expectation, {"people": people, "publisher": found.publisher}, "expected")


def test_what_the_body_adds_is_noted() -> None:
    draft = draft_of("<p>本报记者 张三川</p><p>来源：江城日报</p>", people=(Person(name="Ann"),), publisher="江城网")
    found = bylines.byline(*parsed(draft))
    assert [(repair.rule, repair.field, repair.before, repair.after) for repair in found.repairs] == [
        ("bylines.body", "author", "Ann", "Ann, 张三川"),
        ("bylines.source", "publisher", "江城网", "江城日报"),
    ]


def test_what_the_document_says_alone_needs_no_note() -> None:
    found = bylines.byline(*parsed(draft_of("<p>Text.</p>", people=(Person(name="Ann"),), publisher="Times")))
    assert (found.people, found.publisher, found.repairs) == ((Person(name="Ann"),), "Times", ())


def test_no_body_names_nobody() -> None:
    assert bylines.byline(*parsed(draft_of(""))).people == ()


def test_a_marked_element_may_name_roles() -> None:
    found = bylines.byline(*parsed(draft_of('<p class="author">记者 张三川 编辑 李四海</p><p>Text.</p>')))
    assert [(person.name, person.role) for person in found.people] == [("张三川", "reporter"), ("李四海", "editor")]


def test_a_marked_element_of_many_words_holds_no_name() -> None:
    body = f'<p class="author">Jane Doe {"wrote about the harbour " * 4}</p><p>Text.</p>'
    assert bylines.byline(*parsed(draft_of(body))).people == ()


def test_what_stands_behind_an_eastern_name_is_no_name() -> None:
    found = bylines.byline(*parsed(draft_of("<p>作者：张三川 策划</p><p>Text.</p>")))
    assert [person.name for person in found.people] == ["张三川"]


def test_json_ld_is_searched_to_a_bound() -> None:
    deep = '{"@graph":' * 9 + '{"@type":"Article","author":"Jane Doe"}' + "}" * 9
    wide = "[" + "{}," * 300 + '{"@type":"Article","author":"Jane Doe"}]'
    for script in (deep, wide):
        body = f'<p>Text.</p><script type="application/ld+json">{script}</script>'
        assert bylines.byline(*parsed(draft_of(body))).people == ()


def test_a_stated_person_keeps_what_is_known_of_them() -> None:
    stated = Person(name="Jane Doe", email="jane@example.org")
    found = bylines.byline(*parsed(draft_of("<p>By Jane Doe</p><p>Text.</p>", people=(stated,))))
    assert found.people == (stated,)


def test_a_body_that_names_hundreds_names_a_dozen() -> None:
    names = " ".join(f"王{chr(0x4E00 + number)}" for number in range(300))
    found = bylines.byline(*parsed(draft_of(f"<p>记者 {names[:100]}</p>")))
    assert 0 < len(found.people) <= bylines.MOST_PEOPLE


@pytest.mark.parametrize(
    "script", ["{", "[" * 100_000, "null", '{"@type":"Article","author":{"name":7}}', '{"@type":["Article",{}]}']
)
def test_broken_json_ld_names_nobody(script: str) -> None:
    body = f'<p>Text.</p><script type="application/ld+json">{script}</script>'
    assert bylines.byline(*parsed(draft_of(body))).people == ()


def test_json_ld_longer_than_its_bound_is_left_alone() -> None:
    script = '{"@type":"Article","author":"Jane Doe","text":"' + "x" * 300_000 + '"}'
    found = bylines.byline(*parsed(draft_of(f'<p>Text.</p><script type="application/ld+json">{script}</script>')))
    assert found.people == ()


@given(st.text(max_size=400))
def test_no_text_makes_it_fail(text: str) -> None:
    found = bylines.byline(*parsed(draft_of(f'<p class="author">{text}</p><p>By {text}</p><p>作者：{text}</p>')))
    assert all(byline_words.is_name(person.name) for person in found.people)


@pytest.mark.parametrize(
    "piece", ["记者 张三川 ", "作者：", "By Jane ", "来源：", "每", "<i class=author>", "、和 ", "张三川·"]
)
def test_a_megabyte_of_it_takes_less_than_a_second(piece: str) -> None:
    case, findings = parsed(draft_of("<p>" + piece * (1_000_000 // len(piece)) + "</p>"))
    start = process_time()
    bylines.byline(case, findings)
    assert process_time() - start < 20


APPLIED = {
    "staff": lambda text: list(byline_words.STAFF.finditer(text)),
    "author line": byline_words.AUTHOR_LINE.match,
    "source": byline_words.SOURCE.search,
    "latin name": byline_words.LATIN_NAME.fullmatch,
}


@pytest.mark.parametrize("name", APPLIED)
@pytest.mark.parametrize("piece", ["张", "记者 ", "By A ", "A", " ", "作者：张", "来源：", "O'A.", "Ab de "])
def test_no_pattern_is_quadratic(name: str, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = process_time()
    APPLIED[name](text)
    assert process_time() - start < 20
