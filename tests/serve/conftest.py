"""One small archive for the whole module, served by the Datasette that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import serve
from feedsvc.config import Config
from tests.serve.sample import make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(scope="package")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sample archive; nobody may change it."""
    folder = tmp_path_factory.mktemp("archive")
    make(folder)
    return folder


@pytest.fixture
async def site(archive: Path) -> AsyncIterator[Any]:
    """Return a client of the archive as `feedsvc serve` serves it."""
    config = Config(title="每日归档", url="https://news.example.org", archive=str(archive), timezone="Asia/Shanghai")
    datasette = serve.build(config, ops=archive / "ops.db")
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)
