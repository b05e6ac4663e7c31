"""Entries as data beside the documents that they must become, byte for byte.

The documents are stored with one element a line. To add a case: a folder of `goldens/` with `case.json`, then `make goldens`.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feedsvc.formats import FORMATS
from feedsvc.model import Enclosure, Entry, FeedSpec, Person
from tests.formats.making import an_entry, check, document
from tests.golden_files import GoldenFiles, flat, pretty

GOLDENS = Path(__file__).parent / "goldens"
CASES = sorted(path.name for path in GOLDENS.iterdir())

READ = {
    "people": lambda found: tuple(Person(**one) for one in found),
    "enclosures": lambda found: tuple(Enclosure(**one) for one in found),
    "categories": lambda found: tuple(map(tuple, found)),
    "tags": tuple,
    "published": lambda found: found and datetime.fromisoformat(found),
}


def entry(fields: dict[str, Any]) -> Entry:
    return an_entry(**{name: READ.get(name, lambda found: found)(value) for name, value in fields.items()})


def rendered(case: str, form: str) -> bytes:
    told = json.loads((GOLDENS / case / "case.json").read_text())
    return document(form, [entry(fields) for fields in told["entries"]], FeedSpec(**told["spec"]))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_a_document_is_what_the_golden_says(case: str, form: str, goldens: GoldenFiles) -> None:
    goldens.text(GOLDENS / case / f"feed.{form}", pretty(form, rendered(case, form)))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_a_golden_on_many_lines_holds_every_byte(case: str, form: str) -> None:
    body = rendered(case, form)
    assert flat(form, pretty(form, body)) == body
    assert max(map(len, pretty(form, body).splitlines())) < 3_000


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_a_golden_is_valid_by_the_grammar_of_its_format(case: str, form: str) -> None:
    check(form, rendered(case, form))
