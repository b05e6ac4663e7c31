"""Documents joined of packed pieces are the documents joined of plain ones."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.formats import FORMATS
from feedsvc.formats.codings import CODINGS
from feedsvc.formats.item import NEVER, head, item
from feedsvc.formats.packing import gzipped, pack
from tests.formats.making import SITE, SPEC, an_entry

PIECES = st.lists(st.binary(max_size=400) | st.binary(min_size=1, max_size=8).map(lambda some: some * 9000), max_size=6)


@given(pieces=PIECES)
def test_any_packed_pieces_make_a_gzip_file_of_all_of_them(pieces: list[bytes]) -> None:
    whole = gzipped(map(pack, pieces))
    assert gzip.decompress(whole) == b"".join(pieces)
    inflater = zlib.decompressobj(wbits=31)
    assert inflater.decompress(whole) == b"".join(pieces)
    assert inflater.eof
    assert not inflater.unused_data


@given(pieces=PIECES)
def test_a_piece_refers_to_nothing_before_it(pieces: list[bytes]) -> None:
    packed = [pack(piece) for piece in pieces]
    assert gzip.decompress(gzipped(reversed(packed))) == b"".join(reversed(pieces))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_packed_document_is_the_plain_one(form: str, count: int) -> None:
    fragments = [FORMATS[form].entry(item(an_entry(number), SITE)) for number in range(count)]
    top = head(SPEC, SITE, NEVER)
    packed = FORMATS[form].frame(top).gzipped(map(pack, fragments))
    assert gzip.decompress(packed) == FORMATS[form].document(top, fragments)


def test_the_same_pieces_are_the_same_bytes() -> None:
    assert gzipped([pack(b"one" * 99), pack(b"two")]) == gzipped([pack(b"one" * 99), pack(b"two")])


def test_every_coding_can_be_undone() -> None:
    brotli, zstandard = pytest.importorskip("brotli"), pytest.importorskip("zstandard")
    undo = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.ZstdDecompressor().decompress}
    body = "天气 & <b>".encode() * 500
    assert {name: undo[name](coding.encode(body)) == body for name, coding in CODINGS.items()} == dict.fromkeys(
        CODINGS, True
    )
    assert all(len(coding.encode(body)) < len(body) for coding in CODINGS.values())
    assert CODINGS["gzip"].encode(body) == CODINGS["gzip"].encode(body)
