"""The raw bytes of every document ever read, once each: captures.db.

A capture is durable before the batch that names it is committed, so that an article without its bytes cannot exist.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from feedsvc.store.connection import open_readable, open_writable, sqlite_errors, write
from feedsvc.store.schema import CAPTURES_MIGRATIONS
from feedsvc.store.timestamps import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from feedsvc.model import Digested

STORED, DEFLATED, WITH_DICTIONARY = 0, 1, 2
_LEVEL = 4  # takes two thirds of the time of 6 on real feeds, for 4 % more bytes (2 % more of posts)
_DICTIONARY_BYTES = 32768  # zlib looks no further back
_SAMPLES = 64  # documents that a dictionary is made of
_LARGE = 65536  # bytes; a document above this gains nothing from a dictionary


class Capture(NamedTuple):
    """One reading of one document: `read_at` is ISO 8601 UTC."""

    source: str
    locator: str
    digest: str
    media_type: str
    url: str
    read_at: str
    body: bytes


class Captures:
    """The capture file at `path`; one writer at a time."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self.db = (open_readable if readonly else open_writable)(path, CAPTURES_MIGRATIONS)
        self._dictionaries: dict[int, bytes] = dict(self._rows("select id, body from dictionaries"))
        self._by_kind: dict[str, int] = dict(self._rows("select kind, max(id) from dictionaries group by kind"))

    def keep(self, kind: str, documents: Sequence[Digested]) -> None:
        """Store the bytes of `documents`, read from a source of `kind`, in one transaction; known ones cost a look-up."""
        if not documents:
            return
        dictionary = self._dictionary(kind, documents)
        known = self._known([document.digest for document in documents])
        fresh = {d.digest: d.body for d in documents if d.digest not in known}
        with write(self.db, self.path) as connection:
            connection.executemany(
                "insert or ignore into captures (digest, codec, dictionary, size, body) values (?, ?, ?, ?, ?)",
                (self._packed(digest, body, dictionary) for digest, body in fresh.items()),
            )
            connection.executemany(
                "insert into readings (source, locator, digest, media_type, url, read_at) values (?, ?, ?, ?, ?, ?)"
                " on conflict (source, locator, digest) do nothing",
                [(d.source, d.locator, d.digest, d.media_type, d.url, written(d.fetched_at)) for d in documents],
            )

    def read(self, source: str) -> Iterator[Capture]:
        """Yield every reading of `source`, newest first; what is kept meanwhile is not among them."""
        for (number,) in self._rows("select id from readings where source = ? order by id desc", source):
            ((found, locator, digest, media_type, url, read_at, *packed),) = self._rows(
                "select r.source, r.locator, r.digest, r.media_type, r.url, r.read_at, c.codec, c.dictionary, c.body"
                " from readings r join captures c on c.digest = r.digest where r.id = ?",
                number,
            )
            yield Capture(found, locator, digest, media_type, url, read_at, self._unpacked(*packed))

    def body(self, digest: str) -> bytes | None:
        """Return the bytes whose SHA-256 is `digest` (hex), or None."""
        rows = self._rows("select codec, dictionary, body from captures where digest = ?", digest)
        return self._unpacked(*rows[0]) if rows else None

    def has(self, digest: str) -> bool:
        """Whether the bytes whose SHA-256 is `digest` (hex) are kept."""
        return bool(self._rows("select 1 from captures where digest = ?", digest))

    def all(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield digest (hex) and bytes of every capture; None where they cannot be unpacked."""
        for digest, *packed in self.db.conn.execute("select digest, codec, dictionary, body from captures"):
            try:
                yield digest, self._unpacked(*packed)
            except (zlib.error, KeyError):
                yield digest, None

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def _known(self, digests: Sequence[str]) -> set[str]:
        marks = ", ".join("?" * len(digests))
        return {digest for (digest,) in self._rows(f"select digest from captures where digest in ({marks})", *digests)}

    def _rows(self, sql: str, *values: str | int) -> list[Any]:
        with sqlite_errors(self.path):
            return self.db.conn.execute(sql, values).fetchall()

    def _dictionary(self, kind: str, documents: Sequence[Digested]) -> int | None:
        """Return the dictionary for documents of `kind`; the first batch that is large enough makes it."""
        if kind not in self._by_kind:
            small = [document.body for document in documents if 0 < len(document.body) <= _LARGE]
            if len(small) < _SAMPLES:
                return None
            body = _trained(small)
            with write(self.db, self.path) as connection:
                found = connection.execute(
                    "insert into dictionaries (kind, made, body) values (?, ?, ?)",
                    [kind, written(documents[0].fetched_at), body],
                )
            number = found.lastrowid or 0  # only once it is on the disk: what it packs could not be read without it
            self._by_kind[kind], self._dictionaries[number] = number, body
        return self._by_kind[kind]

    def _packed(self, digest: str, body: bytes, dictionary: int | None) -> tuple[str, int, int | None, int, bytes]:
        if dictionary is not None and len(body) <= _LARGE:
            squeeze = zlib.compressobj(_LEVEL, zdict=self._dictionaries[dictionary])
            packed = squeeze.compress(body) + squeeze.flush()
            return digest, WITH_DICTIONARY, dictionary, len(body), packed
        packed = zlib.compress(body, _LEVEL)
        if len(packed) >= len(body):
            return digest, STORED, None, len(body), body
        return digest, DEFLATED, None, len(body), packed

    def _unpacked(self, codec: int, dictionary: int | None, body: bytes) -> bytes:
        if codec == STORED:
            return body
        if codec == DEFLATED:
            return zlib.decompress(body)
        return zlib.decompressobj(zdict=self._dictionaries[dictionary or 0]).decompress(body)


def _trained(samples: Sequence[bytes]) -> bytes:
    """Return a preset dictionary: the heads and tails of `samples`, where documents of one origin are alike.

    What stands at its end is found most cheaply (RFC 1950 §2.2), so the heads come last.
    """
    share = _DICTIONARY_BYTES // (2 * _SAMPLES)
    chosen = samples[:: max(1, len(samples) // _SAMPLES)][:_SAMPLES]
    return b"".join(body[-share:] for body in chosen) + b"".join(body[:share] for body in chosen)
