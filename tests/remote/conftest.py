"""A web site, and a service that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.executors import LocalExecutor
from feedsvc.model import Source
from tests.remote.site import QUICK, Site
from tests.services import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def site() -> Iterator[Site]:
    """Return an empty web site."""
    with Site() as listening:
        yield listening


@pytest.fixture
def remote_home(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Home]]:
    """Return a maker of services with one source called "posts"; documents are digested in this process."""
    homes: list[Home] = []

    def make(kind: Any, path: str = "", **options: Any) -> Home:
        location = options.pop("location", f"{site.url}{path}")
        homes.append(Home(tmp_path, Source(name="posts", kind=kind, location=location, fetch=QUICK, **options)))
        monkeypatch.setattr(homes[-1].service, "executor", lambda _source: LocalExecutor())
        return homes[-1]

    yield make
    for home in homes:
        home.close()
