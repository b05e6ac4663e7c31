"""A store of each kind, for the contract that both keep."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from feedsvc.store.archive import Archive
from tests.fakes_store import MemoryStore
from tests.store.making import Intaking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.store.making import Store

NAMESPACE = uuid.UUID("0d2a6a4e-6a0e-4c1c-9d0c-3f1f0a1b2c3d")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "archive", "1.0", NAMESPACE)
    yield opened
    opened.close()


@pytest.fixture(params=["archive", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue("archive") if request.param == "archive" else MemoryStore()
    return found


@pytest.fixture
def intake(store: Store) -> Intaking:
    return Intaking(store)
