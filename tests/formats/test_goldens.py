"""Entries as data beside the documents that they must become, byte for byte.

To add a case: a folder of `goldens/` with `case.json` and the documents as they ought to be.
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
def test_a_document_is_what_the_golden_says(case: str, form: str) -> None:
    assert rendered(case, form) == (GOLDENS / case / f"feed.{form}").read_bytes()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_a_golden_is_valid_by_the_grammar_of_its_format(case: str, form: str) -> None:
    check(form, (GOLDENS / case / f"feed.{form}").read_bytes())
