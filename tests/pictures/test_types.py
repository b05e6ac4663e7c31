from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.pictures import NAMES, NotKeptError, recognised
from tests.pictures.making import KINDS, PAGE, SVG, a_gif, a_jpeg, a_png


@pytest.mark.parametrize(("body", "media_type", "extension", "size"), KINDS.values(), ids=KINDS)
def test_bytes_say_what_they_are(body: bytes, media_type: str, extension: str, size: tuple[int, int]) -> None:
    found = recognised(body)
    assert (found.media_type, found.extension) == (media_type, extension)
    assert (found.width, found.height) == size
    assert (found.digest, found.size) == (hashlib.sha256(body).hexdigest(), len(body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (SVG, "active"),
        (b"\xef\xbb\xbf  <svg onload='alert(1)'/>", "active"),
        (b"<!-- a remark --><!DOCTYPE svg><svg/>", "active"),
        (PAGE, "not-a-picture"),
        (b"", "not-a-picture"),
        (b"%PDF-1.7", "not-a-picture"),
        (b"BM" + b"\0" * 60, "not-a-picture"),
        (b"RIFF\0\0\0\0WAVEfmt ", "not-a-picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "not-a-picture"),
    ],
)
def test_what_is_no_picture_is_refused_and_told_apart(body: bytes, kind: str) -> None:
    with pytest.raises(NotKeptError) as refused:
        recognised(body)
    assert refused.value.kind == kind


def test_only_wanted_types_are_kept() -> None:
    assert recognised(a_png(), ["png"]).extension == "png"
    with pytest.raises(NotKeptError, match="gif") as refused:
        recognised(a_gif(), ["png"])
    assert refused.value.kind == "type"


def test_the_first_bytes_decide_whatever_comes_after_them() -> None:
    assert recognised(a_png() + SVG).media_type == "image/png"


@given(st.sampled_from([each[0] for each in KINDS.values()]), st.integers(0, 700), st.binary(max_size=40))
def test_a_damaged_head_costs_the_size_and_nothing_else(body: bytes, at: int, damage: bytes) -> None:
    hurt = body[:12] + (body[12:at] + damage if at > 12 else damage)
    try:
        found = recognised(hurt)
    except NotKeptError:
        return
    assert found.extension
    assert (found.width is None) == (found.height is None)
    assert found.width is None or found.width > 0


def test_a_jpeg_of_endless_segments_is_left_alone() -> None:
    comments = b"\xff\xfe\x00\x02" * 100_000
    assert recognised(a_jpeg()[:2] + comments + a_jpeg()[2:]).width is None


def test_the_names_of_the_types_are_those_of_their_media_types() -> None:
    assert NAMES == ("png", "jpeg", "gif", "webp", "avif")
