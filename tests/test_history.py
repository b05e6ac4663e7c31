"""Feeds as polled over time: every entry once, a revision for each edit, a gap where windows did not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from history import Outcome, expected, feeds, replay

if TYPE_CHECKING:
    from pathlib import Path

# What the snapshots under goldens/history/ferry do, one after another; their numbers are those of the files.
FERRY = Outcome(
    entries=8,  # 1 to 4 in the first two windows, a pair of one guid, and 7 and 8 after the gap
    edits=1,  # the timetable of snapshot 3
    gaps=(6,),
)


@pytest.fixture
def ferry(root: Path) -> list[bytes]:
    (found,) = feeds(root / "tests" / "goldens" / "history").values()
    return found


def test_every_entry_ever_shown_is_one_article_with_one_revision_for_each_edit(
    ferry: list[bytes], tmp_path: Path
) -> None:
    found, reports = replay(ferry, tmp_path)
    assert found == expected(ferry) == FERRY
    assert [report.outcome for report in reports] == ["ok"] * len(ferry)


def test_bytes_that_change_alone_change_nothing(ferry: list[bytes], tmp_path: Path) -> None:
    _, reports = replay(ferry[:3], tmp_path)
    assert ferry[1] != ferry[2]
    assert (reports[2].added, reports[2].revised, reports[2].unchanged) == (0, 0, 4)


def test_a_feed_that_is_empty_for_once_leaves_no_gap(ferry: list[bytes], tmp_path: Path) -> None:
    _, reports = replay(ferry[:6], tmp_path)
    assert reports[4].hints.entries == 0
    assert replay(ferry[:6], tmp_path / "again")[0].gaps == ()


def test_a_first_reading_is_no_gap(ferry: list[bytes], tmp_path: Path) -> None:
    assert replay(ferry[6:], tmp_path)[0].gaps == ()


@pytest.mark.corpus
@pytest.mark.slow
def test_real_feeds_are_kept_exactly(corpus: Path, tmp_path: Path) -> None:
    found = feeds(corpus / "feeds_history")
    assert [len(bodies) for bodies in found.values()] == [40, 40, 40]
    outcomes = {name: replay(bodies, tmp_path / name.replace("/", "-"))[0] for name, bodies in found.items()}
    assert outcomes == {name: expected(bodies) for name, bodies in found.items()}


@pytest.mark.corpus
def test_real_windows_that_slide_past_each_other_are_gaps_there_and_nowhere_else(corpus: Path, tmp_path: Path) -> None:
    scholar = next(bodies for name, bodies in feeds(corpus / "feeds_history").items() if "Scholar" in name)
    rarely = [scholar[0], scholar[1], scholar[25], scholar[26], scholar[39]]
    found, _ = replay(rarely, tmp_path)
    assert found.gaps == expected(rarely).gaps == (2, 4)
