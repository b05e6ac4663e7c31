"""Datasette on a machine that has no feedsvc: `python without.py archive.db PATH...` prints the status of each path, and what is JSON.

Nothing of feedsvc can be imported, and no distribution says that it is there.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution


class Absent:
    """What Python asks first for each module."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "feedsvc":
            raise ModuleNotFoundError(name)


installed = metadata.distributions


def others(**wanted: object) -> Iterator[Distribution]:
    return (each for each in installed(**wanted) if each.metadata["Name"] != "feedsvc")


async def main(archive: str, paths: list[str]) -> None:
    from datasette.app import Datasette  # noqa: PLC0415 - it looks for plugins while it is imported
    from datasette.plugins import pm  # noqa: PLC0415

    if any("feedsvc" in name for name, _ in pm.list_name_plugin()) or "feedsvc" in sys.modules:
        sys.exit("feedsvc is there after all")
    datasette = Datasette([archive])
    await datasette.invoke_startup()
    for path in paths:
        answer = await datasette.client.get(path, follow_redirects=True)
        body = answer.text.replace("\n", " ") if ".json" in path else ""
        sys.stdout.write(f"{answer.status_code} {path} {body}\n")


if __name__ == "__main__":
    sys.meta_path.insert(0, Absent())  # type: ignore[arg-type]
    metadata.distributions = others  # type: ignore[assignment]
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
