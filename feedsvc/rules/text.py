"""Plain text: characters that XML cannot carry, white space.

Pure; every function is linear in its input.
"""

from __future__ import annotations

import html
import re

# XML 1.0 §2.2 Char: without C0 controls, lone surrogates and the two last code points of the plane
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_BYTES = bytes(set(range(32)) - set(b"\t\n\r"))
_NONCHARACTER = re.compile("[\ufdd0-\ufdef]")  # legal in XML, meaning nothing: free for our own use
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|mark|p|s|small|span|strong|sub|sup|u|wbr)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_NO_ASCII_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_NO_LETTERS = re.compile(r"[\W_]+")  # `\w` is `str.isalnum` and "_"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def printable(text: str) -> str:
    """Take out the characters that XML 1.0 forbids; line ends become LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():  # a tenth of the pattern's time
        encoded = text.encode("ascii")
        kept = encoded.translate(None, _FORBIDDEN_BYTES)
        return text if len(kept) == len(encoded) else kept.decode("ascii")
    return _FORBIDDEN.sub("", text) if _FORBIDDEN.search(text) else text


def without_noncharacters(text: str) -> str:
    """Take out U+FDD0..U+FDEF."""
    return _NONCHARACTER.sub("", text)


def one_line(text: str) -> str:
    """Make one line of it: every run of white space is one space."""
    return " ".join(text.split())


def plain(markup: str) -> str:
    """Make one plain line of a short field that may be HTML: a title, a summary, a name.

    Only tags of running text are taken out, so that `Vec<T>` stays; entities are read once.
    """
    text = printable(markup)
    if "<" in text:
        text = _INLINE_TAG.sub(
            lambda match: " " if match.group().lower().startswith(("<p", "</p", "<br", "<div", "</div")) else "", text
        )
    if "&" in text:
        text = printable(_ENTITY.sub(lambda match: html.unescape(match.group()), text))
    return one_line(text)


def letters(text: str) -> str:
    """Reduce text to its letters and digits, case folded: for comparison."""
    if text.isascii():  # a tenth of the pattern's time
        return text.lower().encode("ascii").translate(None, _NO_ASCII_LETTERS).decode("ascii")
    return _NO_LETTERS.sub("", text.casefold())
