"""The last gate before a document: strings that XML can hold, addresses that are URIs, tags that name a language.

Normalisation has done all of this already; what passes here is what a bug or an older archive let through. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

REPLACEMENT = "\ufffd"  # what stands for a character that no document can hold

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2, turned round
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r"})
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47 §2.1, the shape alone
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

_MAX_HOST = 255 + len(":65535")  # characters, RFC 1035 §2.3.4; IDNA takes its time for more
_PLAIN = re.compile(r"https?://[a-z0-9.-]+(?:/[A-Za-z0-9_.~/-]*)?")  # most addresses: nothing in them to encode

# RFC 3986 §3: what may stand unencoded in each part; "%" because what is encoded already stays as it is
_PATH = "%/:@!$&'()*+,;=~"
_QUERY = _PATH + "?"


def scrub(text: str) -> str:
    """Return `text` with every character that XML 1.0 forbids (controls, lone surrogates, U+FFFE) as U+FFFD."""
    return text if _clean(text) else _FORBIDDEN.sub(REPLACEMENT, text)


def _clean(text: str) -> bool:
    """Whether `text` has no forbidden character: five times as fast as the search for one, and nearly always so."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return len(encoded.translate(None, _CONTROLS)) == len(encoded) and "\ufffe" not in text and "\uffff" not in text


def line(text: str) -> str:
    """Return `text` scrubbed and on one line, without white space at its ends."""
    return " ".join(scrub(text).split())


@lru_cache(maxsize=4096)  # the same category paths over and over
def segment(text: str) -> str:
    """Return a "/"-joined path percent-encoded as UTF-8 (RFC 3987 §3.1)."""
    return quote(scrub(text), safe="/~")


def uri(address: str) -> str:
    """Return an absolute http(s) address in ASCII (RFC 3987 §3.1); "" when it cannot be one."""
    if not address or _PLAIN.fullmatch(address):
        return address
    try:
        parts = urlsplit(scrub(address).strip())
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
    if re.search(r"[\s<>\"{}|\\^`%]", host):
        raise ValueError(host)
    return host
