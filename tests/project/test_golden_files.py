"""Golden files: a missing one says how it is made, a changed one is written when that is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.golden_files import GoldenFiles

if TYPE_CHECKING:
    from pathlib import Path

READ, WRITE = GoldenFiles(write=False), GoldenFiles(write=True)


def test_a_golden_that_is_missing_says_how_it_is_made(tmp_path: Path) -> None:
    for missing in (
        lambda: READ.text(tmp_path / "feed.txt", "made"),
        lambda: READ.json(tmp_path / "a.json", {"made": 1}),
    ):
        with pytest.raises(pytest.fail.Exception, match="make goldens"):
            missing()
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(pytest.fail.Exception, match="make goldens"):
        READ.json(tmp_path / "a.json", {"made": 1}, "expected")


def test_a_golden_is_written_once_and_then_compared(tmp_path: Path) -> None:
    WRITE.text(tmp_path / "feed.txt", "made")
    WRITE.json(tmp_path / "a.json", ["made"])
    READ.text(tmp_path / "feed.txt", "made")
    READ.json(tmp_path / "a.json", ["made"])
    with pytest.raises(AssertionError):
        READ.text(tmp_path / "feed.txt", "made anew")
    with pytest.raises(AssertionError):
        READ.json(tmp_path / "a.json", ["made anew"])


def test_what_a_test_told_the_golden_stays_when_the_rest_is_written(tmp_path: Path) -> None:
    golden = tmp_path / "a.json"
    golden.write_text('{"draft":{"title":"T"},"expected":1}')
    WRITE.json(golden, 1, "expected")
    assert golden.read_text() == '{"draft":{"title":"T"},"expected":1}', "what is right is not laid out anew"
    WRITE.json(golden, 2, "expected")
    assert json.loads(golden.read_text()) == {"draft": {"title": "T"}, "expected": 2}
