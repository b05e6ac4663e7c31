"""What stands around the entries of a document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A document without its entries."""

    opening: bytes
    closing: bytes
    between: bytes = b""  # two entries

    def around(self, fragments: Sequence[bytes]) -> bytes:
        """Return the document with `fragments` in their order."""
        return b"".join((self.opening, self.between.join(fragments), self.closing))
