"""Decoding in bounded steps."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.sources.http.decoding import Decoder
from feedsvc.sources.http.error_classes import AttemptError

LIMIT = 1 << 20


def inflated(coding: str, wire: list[bytes], limit: int = LIMIT) -> bytes:
    inflater = Decoder(coding, limit)
    pieces = [piece for one in wire for piece in inflater.inflate(one)]
    return b"".join([*pieces, *inflater.rest()])


def pieces_of(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


CODERS = {
    "": lambda body: body,
    "identity": lambda body: body,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
}


@given(st.sampled_from(sorted(CODERS)), st.binary(max_size=2000), st.integers(1, 300))
def test_a_body_comes_out_as_it_went_in_however_it_is_cut(coding: str, body: bytes, size: int) -> None:
    if coding in ("", "identity") and body.startswith(b"\x1f\x8b\x08"):
        return  # read as gzip that forgot to say so
    assert inflated(coding, pieces_of(CODERS[coding](body), size)) == body


@given(st.lists(st.binary(min_size=1, max_size=500), min_size=1, max_size=4), st.integers(1, 100))
def test_all_members_of_a_gzip_file_are_read(members: list[bytes], size: int) -> None:
    wire = b"".join(gzip.compress(member) for member in members)
    assert inflated("gzip", pieces_of(wire, size)) == b"".join(members)


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_cut_gzip_file_is_never_a_whole_one(body: bytes, data: st.DataObject) -> None:
    wire = gzip.compress(body)
    cut = data.draw(st.integers(3, len(wire) - 1))
    with pytest.raises(AttemptError) as raised:
        inflated("gzip", [wire[:cut]])
    assert raised.value.kind == "encoding"


@given(st.binary(min_size=3, max_size=300), st.sampled_from(["gzip", "deflate", ""]))
def test_any_bytes_are_decoded_or_refused(wire: bytes, coding: str) -> None:
    with suppress(AttemptError):
        inflated(coding, [wire])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_stops_at_the_limit_in_memory_too(coding: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    tracemalloc.start()
    with pytest.raises(AttemptError) as raised:
        inflated(coding, [bomb])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raised.value.kind == "too-large"
    assert peak < 4 * LIMIT


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,br", "aes128gcm"])
def test_what_was_not_offered_is_refused_before_the_body(coding: str) -> None:
    with pytest.raises(AttemptError) as raised:
        Decoder(coding, LIMIT)
    assert raised.value.kind == "encoding"
    assert not raised.value.again
