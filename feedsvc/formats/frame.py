"""What stands around the entries of a document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.formats import packing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from feedsvc.formats.packing import Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A document without its entries."""

    opening: bytes
    closing: bytes
    between: bytes = b""  # two entries

    def around(self, fragments: Sequence[bytes]) -> bytes:
        """Return the document with `fragments` in their order."""
        return b"".join((self.opening, self.between.join(fragments), self.closing))

    def gzipped(self, fragments: Iterable[Packed]) -> bytes:
        """Return the gzip file of `around`, of fragments that are packed."""
        return packing.gzipped(self._packed(fragments))

    def _packed(self, fragments: Iterable[Packed]) -> Iterator[Packed]:
        yield packing.pack(self.opening)
        between = packing.pack(self.between) if self.between else None
        for number, fragment in enumerate(fragments):
            if number and between:
                yield between
            yield fragment
        yield packing.pack(self.closing)
