"""A publisher in memory, held to the same contract as the real one (`test_publish.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.publish import parts

if TYPE_CHECKING:
    from collections.abc import Iterator


class MemoryPublisher:
    """Documents in a dictionary; `writes` lists every path that was written, in order."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.writes: list[str] = []

    def publish(self, path: str, body: bytes) -> bool:
        parts(path)
        if self.documents.get(path) == body:
            return False
        self.documents[path] = body
        self.writes.append(path)
        return True

    def withdraw(self, path: str) -> bool:
        parts(path)
        return self.documents.pop(path, None) is not None

    def has(self, path: str) -> bool:
        return path in self.documents

    def paths(self) -> Iterator[str]:
        yield from (path for path in list(self.documents) if "/archive/" not in path)
