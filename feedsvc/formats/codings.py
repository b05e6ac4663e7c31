"""Documents as they are sent: the content codings that a document lies ready in beside its plain form. Pure.

To add a coding: a function from bytes to bytes, one line in `CODINGS`, and its suffix in `layout.CODING_SUFFIXES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.errors import ConfigError, missing_library
from feedsvc.model.layout import CODING_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_GZIP_LEVEL = 2  # of ISA-L's 0 to 3: what zlib's level 1 makes of a feed, in a quarter of its time
_BROTLI_QUALITY = 5  # 17 % smaller than that in ten times the time; 11 takes a hundred times and saves as much again
_ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """One content coding (RFC 9110 §8.4.1)."""

    suffix: str  # of the file beside the plain one, as web servers look for it
    encode: Callable[[bytes], bytes]  # raises ConfigError where its library is an extra that is not installed


def _gzip(body: bytes) -> bytes:
    from isal import igzip  # noqa: PLC0415 - a run that changes nothing compresses nothing

    compressed: bytes = igzip.compress(body, compresslevel=_GZIP_LEVEL, mtime=0)
    return compressed


def _brotli(body: bytes) -> bytes:
    try:
        import brotli  # noqa: PLC0415 - an extra of the package
    except ImportError as error:
        raise ConfigError(f"feeds.compress: 'br': {missing_library('brotli', 'compress')}") from error
    compressed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY)
    return compressed


def _zstd(body: bytes) -> bytes:
    try:
        import zstandard  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigError(f"feeds.compress: 'zstd': {missing_library('zstandard', 'compress')}") from error
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)


CODINGS: Mapping[str, Coding] = {  # the key is the name in Content-Encoding
    "gzip": Coding(suffix=CODING_SUFFIXES["gzip"], encode=_gzip),
    "br": Coding(suffix=CODING_SUFFIXES["br"], encode=_brotli),
    "zstd": Coding(suffix=CODING_SUFFIXES["zstd"], encode=_zstd),
}
PAGES = CODINGS["gzip"]  # of closed pages, which are stored in nothing else
