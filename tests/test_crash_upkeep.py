"""kill -9 in the middle of a replay or a migration: benchmarks/crash_upkeep.py with a few kills."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from crash_upkeep import WORKS, Bench

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 2


@pytest.mark.slow
@pytest.mark.parametrize("work", WORKS)
def test_kill_9_loses_no_revision_and_the_work_ends_the_second_time(work: str, tmp_path: Path) -> None:
    results = Bench(tmp_path, 40, work).trials(KILLS, seed=3)
    assert [fault for result in results for fault in result.faults] == []
    assert len(results) == KILLS
