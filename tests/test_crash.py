from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from crash import trials
from posts import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_no_article(tmp_path: Path) -> None:
    write(tmp_path / "posts", 60)
    results = trials(tmp_path, tmp_path / "posts", kills=10, seed=5)
    assert [fault for result in results for fault in result.faults] == []
    assert len(results) == 10
