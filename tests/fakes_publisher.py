"""A publisher in memory, held to the same contract as the real one (`test_publish.py`)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from feedsvc.publish import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager


class MemoryPublisher:
    """Documents in a dictionary; `writes` lists every path that was written, in order; `coded` what lies beside them."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.coded: dict[str, bytes] = {}
        self.writes: list[str] = []

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def publish(self, path: str, body: bytes, coded: Mapping[str, Callable[[], bytes]] | None = None) -> bool:
        parts(path)
        beside = {f"{path}{suffix}": make for suffix, make in (coded or {}).items()}
        same = self.documents.get(path) == body
        for each in [
            each for each in self.coded if each.rpartition(".")[0] == path and coded is not None and each not in beside
        ]:
            del self.coded[each]
        self.coded |= {each: make() for each, make in beside.items() if not same or each not in self.coded}
        if self.documents.get(path) == body:
            return False
        self.documents[path] = body
        self.writes.append(path)
        return True

    def withdraw(self, path: str) -> bool:
        parts(path)
        self.coded = {each: body for each, body in self.coded.items() if each.rpartition(".")[0] != path}
        return self.documents.pop(path, None) is not None

    def has(self, path: str) -> bool:
        return path in self.documents

    def paths(self) -> Iterator[str]:
        yield from (path for path in list(self.documents) if "/archive/" not in path)


class MemorySpool:
    """Bytes in a list."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def keep(self, body: bytes) -> int:
        self.kept.append(body)
        return len(self.kept) - 1

    def read(self, place: int) -> bytes:
        return self.kept[place]
