"""Categories as a tree. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.serve.archive_reader import Row


@dataclass(slots=True)
class Branch:
    """One category with what is below it, in the order in which the rows came."""

    row: Row
    below: list[Branch] = field(default_factory=list)


def planted(categories: Iterable[Row]) -> list[Branch]:
    """Return the roots of `categories` (rows with `id` and `parent`); one whose parent is not among them is a root."""
    branches = {row["id"]: Branch(row) for row in categories}
    roots: list[Branch] = []
    for branch in branches.values():
        above = branches.get(branch.row["parent"])
        (above.below if above else roots).append(branch)
    return roots


def trail(path: str) -> list[tuple[str, str]]:
    """Return (name, path) of each category on the way down to `path`, itself the last."""
    names = path.split("/")
    return [(name, "/".join(names[: depth + 1])) for depth, name in enumerate(names)]
