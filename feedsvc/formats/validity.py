"""The last gate before a document: strings that every reader can show, addresses that are URIs, tags that name a language.

Normalisation has taken out what XML forbids. What it keeps as the source has it, and what validators warn of, is put right
here: characters that XML discourages, the marks of characters that were lost before us, and UTF-8 that somebody took for
Latin-1 and encoded again. The archive keeps the source's own characters. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

REPLACEMENT = "\u25a1"  # what stands for a character that is lost: 缺字 in print, and nobody takes it for text
_LOST = "\ufffd"  # the same in Unicode, and to validators the sign of a broken encoding

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2, turned round
_PLANES = "".join(f"{chr(plane << 16)}-{chr(plane << 16 | 0xFFFD)}" for plane in range(1, 17))
_DISCOURAGED = re.compile(  # the same without what its note advises against, and without the mark of what was lost
    f"[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffc{_PLANES}]"
)
_WINDOWS = {chr(code): bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}  # as browsers read C1
_TWICE = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")  # é as Ã©: what UTF-8 is in Latin-1
_TWICE_IN_HTML = re.compile("[\u00c2\u00c3](?:[\u0080-\u00bf]|&nbsp;)")
_LATIN_LETTER = re.compile("[\u00c0\u00c1\u00c4-\u00ff]")

# how what is to be looked at more closely looks in UTF-8: few texts have any of it, and all is found by `memchr`
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_MARKS = (b"\xef\xbf\xbd", b"\xef\xb7", b"\xbf\xbe", b"\xbf\xbf")
_LATIN = re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xc3[\x82\x83]\xc2")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47 §2.1, the shape alone
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

_MAX_HOST = 255 + len(":65535")  # characters, RFC 1035 §2.3.4; IDNA takes its time for more
_PLAIN = re.compile(r"https?://[a-z0-9.-]+(?:/[A-Za-z0-9_.~/-]*)?")  # most addresses: nothing in them to encode

# RFC 3986 §3: what may stand unencoded in each part; "%" because what is encoded already stays as it is
_PATH = "%/:@!$&'()*+,;=~"
_QUERY = _PATH + "?"


def scrub(text: str) -> str:
    """Return `text` without characters that documents should not hold; what is lost is `REPLACEMENT`.

    Controls of C1 become what Windows-1252 has in their place, as browsers read them. Text that is UTF-8 encoded twice,
    and nowhere once, is decoded once more.
    """
    return text if _clean(text) else _DISCOURAGED.sub(_replaced, _decoded(text))


def _clean(text: str) -> bool:
    """Whether there is nothing to do in `text`: many times as fast as the search for it, and nearly always so."""
    if (text.isprintable() or _spaced(text).isprintable()) and not (
        _LOST in text or "\u00c2" in text or "\u00c3" in text
    ):  # what is printable of that
        return True
    try:
        encoded = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    if len(encoded.translate(None, _CONTROLS)) < len(encoded):
        return False
    if text.isascii():
        return True
    return not (any(map(encoded.__contains__, _MARKS)) or any(pattern.search(encoded) for pattern in _LATIN))


def _spaced(text: str) -> str:
    """Return `text` with spaces for what is not printable in most texts, and harmless."""
    return text.replace("\n", " ").replace("\u3000", " ").replace("\u00a0", " ")


def _replaced(match: re.Match[str]) -> str:
    return _WINDOWS.get(match[0], _LOST).replace(_LOST, REPLACEMENT)


def _decoded(text: str) -> str:
    """Return text decoded once more where all of its Latin letters are UTF-8 in Latin-1.

    One letter that is right shows that the others are meant: "é became Ã©" is left alone.
    """
    if not _TWICE.search(text) or _LATIN_LETTER.search(_TWICE_IN_HTML.sub("", text)):
        return text
    return _TWICE_IN_HTML.sub(lambda match: match[0].replace("&nbsp;", "\xa0").encode("latin-1").decode(), text)


def _encodable(address: str) -> str:
    """Return `address` so that it can be percent-encoded; its characters are its own, and no text."""
    return _FORBIDDEN.sub(_LOST, address)


def line(text: str) -> str:
    """Return `text` scrubbed and on one line, without white space at its ends."""
    scrubbed = scrub(text)
    if scrubbed.isprintable() and "  " not in scrubbed:  # its only white space is " "
        return scrubbed.strip(" ")
    return " ".join(scrubbed.split())


@lru_cache(maxsize=4096)  # the same category paths over and over
def segment(text: str) -> str:
    """Return a "/"-joined path percent-encoded as UTF-8 (RFC 3987 §3.1)."""
    return quote(_encodable(text), safe="/~")


def uri(address: str) -> str:
    """Return an absolute http(s) address in ASCII (RFC 3987 §3.1); "" when it cannot be one."""
    if not address or _PLAIN.fullmatch(address):
        return address
    try:
        parts = urlsplit(_encodable(address).strip())
        host = _ascii_host(parts.netloc)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:  # UnicodeError too: a host that IDNA refuses
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    path, query, fragment = _encoded(parts.path, _PATH), _encoded(parts.query, _QUERY), _encoded(parts.fragment, _QUERY)
    return urlunsplit((parts.scheme, host, path, query, fragment))


def language(tag: str) -> str:
    """Return `tag` when it has the shape of a language tag, else ""."""
    return tag if _LANGUAGE.fullmatch(tag) else ""


def _encoded(part: str, safe: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", part), safe=safe)


def _ascii_host(netloc: str) -> str:
    """Return the authority in ASCII, without user and password: those are nobody's to publish."""
    host = netloc.rpartition("@")[2]
    if len(host) > _MAX_HOST:
        raise ValueError(host[:_MAX_HOST])
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if not host.isprintable() or re.search(r"[\s<>\"{}|\\^`%]", host):
        raise ValueError(host)
    return host
