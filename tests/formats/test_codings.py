"""Every coding can be undone, and gives the same bytes for the same document."""

from __future__ import annotations

import gzip

import pytest

from feedsvc.formats.codings import CODINGS


def test_every_coding_can_be_undone() -> None:
    brotli, zstandard = pytest.importorskip("brotli"), pytest.importorskip("zstandard")
    undo = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.ZstdDecompressor().decompress}
    body = "天气 & <b>".encode() * 500
    assert {name: undo[name](coding.encode(body)) == body for name, coding in CODINGS.items()} == dict.fromkeys(
        CODINGS, True
    )
    assert all(len(coding.encode(body)) < len(body) for coding in CODINGS.values())
    assert CODINGS["gzip"].encode(body) == CODINGS["gzip"].encode(body)
