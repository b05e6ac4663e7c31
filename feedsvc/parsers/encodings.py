"""Bytes -> text, for documents that do not say (or say wrongly) how they are encoded; pure.

    byte order mark -> what the document or the server names -> UTF-8 -> UTF-8 with a few bad bytes -> detection

A label is believed only when the bytes obey it, and is read as its superset: what says gb2312 is gb18030 in the wild,
what says iso-8859-1 is windows-1252 (WHATWG Encoding Standard, section 4.2). Whatever is not plain UTF-8 is noted.
To add a label that is used wrongly in the wild: one line in `_WIDER`.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import webencodings

from feedsvc.errors import DocumentError
from feedsvc.model import Repair

_SAMPLE = 1 << 16  # bytes that detection looks at
_MOST_NULS = 16  # in the sample; a few are an accident of an editor or a disk, and are left out by who reads the text
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "ascii": "cp1252",
}
# What the standard calls so is never read by browsers, for reasons of scripts: Python reads some of it.
_NO_ENCODING = {"replacement", "x-user-defined"}
_NOT_TEXT = {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
_SEVEN_BIT = ("iso2022", "hz")  # other scripts in ASCII bytes
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:+-]{1,40})""", re.IGNORECASE)
_META = re.compile(rb"""<meta[^<>]{0,200}?charset\s*=\s*["']?\s*([\w.:+-]{1,40})""", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_C1 = re.compile("[\x80-\x9f]")
_TWICE = re.compile("[\xc2-\xf4][\x80-\xbf\u0152-\u2122]")
_AS_LATIN1 = {ord(bytes((b,)).decode("cp1252", "ignore") or chr(b)): b for b in range(0x80, 0xA0)}
_QUOTES = "\x80\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa7\xa9\xab\xad\xae\xb0\xb7\xbb"  # in windows-1252
_ALPHABETS = tuple(
    frozenset((letters + letters.upper()).encode("cp1252", "ignore"))
    for letters in ("àâæçèéêëîïôùûüÿœ", "äöüß", "áéíóúüñ¿¡ºª", "àáâãçéêíóôõúü", "àèéìíîòóùú", "åäöæøé", "áéëïóöü")
)  # of French, German, Spanish, Portuguese, Italian, the north, Dutch
_HIGH_RUN = re.compile(rb"[\xc0-\xff]{2,}")
_NOT_TWICE = re.compile(f"[^\\x00-\\xff{''.join(map(chr, _AS_LATIN1))}]")  # no byte of windows-1252
_C1_MEANT = {ord(c): bytes((ord(c),)).decode("cp1252", "ignore") for c in map(chr, range(0x80, 0xA0))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text, the codec that it was read with, and what had to be mended on the way."""

    text: str
    encoding: str
    repairs: tuple[Repair, ...] = ()


def decode(body: bytes, *, labels: tuple[str, ...] = ()) -> Decoded:
    """Decode `body`; `labels` are the charsets that the document names, most trusted first, unknown ones passed over.

    Raises:
        DocumentError: the bytes are no text.
    """
    marked = _by_mark(body) or _wide(body)
    if marked:
        return marked
    if body[:_SAMPLE].count(0) > _MOST_NULS:
        raise DocumentError("encoding: the document is full of NUL bytes: it is no text; exclude it from the source")
    return _by_label(body, labels) or _mostly_utf8(body) or _western(body) or _detected(body)


def charset_of(media_type: str) -> str:
    """Return the charset parameter of a Content-Type (RFC 9110, section 8.3.2), "" when there is none."""
    found = _CHARSET.search(media_type)
    return found[1] if found else ""


def meta_charset(body: bytes) -> str:
    """Return the charset that an HTML page names in its first 1024 bytes, "" when it names none."""
    found = _META.search(body[:1024])
    return found[1].decode("ascii", "ignore") if found else ""


def codec_of(label: str) -> str:
    """Return the name of the codec that `label` means in the wild, "" when there is none for text.

    Labels are those of the WHATWG Encoding Standard, §4.2, and what else Python knows.
    """
    known = webencodings.lookup(label)
    if known is not None and known.name not in _NO_ENCODING:
        name = known.codec_info.name
    else:
        try:
            name = codecs.lookup(label.strip()).name if label.strip() else ""
            "".encode(name or "utf-8")  # codecs of bytes to bytes (base64, zlib) are refused here
        except (LookupError, ValueError):
            return ""
    return "" if name in _NOT_TEXT else _WIDER.get(name, name)


def mend_controls(text: str) -> tuple[str, tuple[Repair, ...]]:
    """Read C1 controls as the windows-1252 characters that they nearly always were, and note it.

    C1 controls have no use in documents: they are bytes 0x80 to 0x9F of windows-1252 that somebody took for latin-1.
    """
    found = _C1.search(text)
    if not found:
        return text, ()
    mended = text.translate(_C1_MEANT)
    around = text[max(0, found.start() - 20) : found.start() + 20]
    return mended, (Repair(rule="encoding.c1", field="content", before=around, after=around.translate(_C1_MEANT)),)


def undo_double(text: str) -> tuple[str, tuple[str, ...]]:
    """Undo an encoding in UTF-8 that was done twice, when every character of the document bears the mark of it.

    The second value says so. A text about the matter has other characters too, and stays as it is.
    """
    if text.isascii() or _NOT_TWICE.search(text) or not _TWICE.search(text):
        return text, ()
    try:
        mended = text.translate(_AS_LATIN1).encode("latin-1").decode()
    except UnicodeError:
        return text, ()
    return mended, ("encoding: UTF-8 that was encoded twice",)


def mend_field(text: str) -> str:
    """Return one field as it was meant: encoded once where C1 controls prove that it was twice, else without those.

    Letters alone are no proof; they may be quoted in a text about the matter.
    """
    if text.isascii() or not _C1.search(text):  # nearly every field
        return text
    return mend_controls(undo_double(text)[0])[0]


def without_surrogates(text: str) -> str:
    """Put U+FFFD for surrogates, which JSON and character references can smuggle in and no encoder takes."""
    return _SURROGATE.sub("\ufffd", text)


def _by_mark(body: bytes) -> Decoded | None:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], encoding)
    return None


def _wide(body: bytes) -> Decoded | None:
    """Recognise UTF-16 without a mark: in text of any script, line ends and markup still have their zero bytes."""
    head = body[: _SAMPLE & ~1]
    first, second = head[0::2].count(0), head[1::2].count(0)
    many = max(first, second)
    if len(body) % 2 or many <= max(_MOST_NULS, 10 * min(first, second), len(head) // 40):
        return None
    encoding = "utf-16-le" if second > first else "utf-16-be"
    try:
        return Decoded(text=body.decode(encoding), encoding=encoding, repairs=(_note(encoding),))
    except UnicodeDecodeError:
        return None


def _by_label(body: bytes, labels: tuple[str, ...]) -> Decoded | None:
    named = [encoding for encoding in map(codec_of, labels) if encoding]
    seven_bit = [encoding for encoding in named if encoding.startswith(_SEVEN_BIT)] if body.isascii() else []
    for encoding in (*seven_bit, "utf-8", *named):  # but for these, no other text is valid UTF-8 by accident
        if encoding.startswith(("utf-16", "utf-32")):
            continue  # with neither mark nor zero bytes it is not that
        try:
            return Decoded(text=body.decode(encoding), encoding=encoding, repairs=_noted(encoding))
        except UnicodeError:
            continue
    return None


def _mostly_utf8(body: bytes) -> Decoded | None:
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    high = len(body) - len(body.translate(None, delete=bytes(range(0x80, 0x100))))
    if bad > max(3, high // 200) or high <= bad * 2:
        return None
    return Decoded(text=text, encoding="utf-8", repairs=(_note(f"utf-8, {bad} bad bytes replaced"),))


def _western(body: bytes) -> Decoded | None:
    """Recognise windows-1252 by the letters of one language standing alone; detection takes short texts for cp1250."""
    high = body[:_SAMPLE].translate(None, delete=bytes(range(0x80)))
    letters = frozenset(high) - frozenset(_QUOTES.encode("latin-1"))
    paired = sum(map(len, _HIGH_RUN.findall(body[:_SAMPLE])))
    if paired * 2 > len(high) or not any(letters <= alphabet for alphabet in _ALPHABETS):
        return None
    return _decoded(body, "cp1252")


def _detected(body: bytes) -> Decoded:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - 30 ms, and one document in a thousand needs it

    best = from_bytes(body[:_SAMPLE]).best()
    return _decoded(body, codec_of(best.encoding if best else "") or "cp1252")


def _decoded(body: bytes, encoding: str) -> Decoded:
    return Decoded(text=body.decode(encoding, "replace"), encoding=encoding, repairs=_noted(encoding))


def _noted(encoding: str) -> tuple[Repair, ...]:
    return () if encoding == "utf-8" else (_note(encoding),)


def _note(encoding: str) -> Repair:
    return Repair(rule="encoding", field="content", before=encoding, after="utf-8")
