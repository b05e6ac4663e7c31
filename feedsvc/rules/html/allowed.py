"""What may stand in the HTML of an article: literal tables of elements and attributes (WHATWG HTML, MathML Core).

Pure. What is in no table here loses its tags and keeps its text; what is in `DROPPED` goes with its text.
To allow an element: one line in `ELEMENTS`, and its attributes in `ATTRIBUTES`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Element(NamedTuple):
    """How an element is written: under which name, and what it breaks in the plain text."""

    name: str
    gap: str | None = None  # None = inline; else what parts it from its neighbours in plain text


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _block(names: str, gap: str) -> dict[str, Element]:
    return {name: Element(name, gap) for name in names.split()}


def _inline(names: str) -> dict[str, Element]:
    return {name: Element(name) for name in names.split()}


# gone with all that is in them: active content, form controls, the furniture of a page, fallbacks for old browsers
DROPPED = _words(
    "script style noscript template object embed applet svg head title meta link base frame frameset select textarea "
    "option optgroup datalist canvas xmp noembed noframes plaintext param map area track portal dialog menuitem input "
    "button keygen output progress meter nav -comment -doctype -cdata !--"
)
PARAGRAPH = "\n\n"
LINE = "\n"
ELEMENTS: dict[str, Element] = {
    **_block("p h1 h2 h3 h4 h5 h6 blockquote figure table ul ol dl pre details", PARAGRAPH),
    **_block("figcaption caption summary dt dd li tr thead tbody tfoot colgroup", LINE),
    **_block("td th", "\t"),
    **_inline(
        "a abbr b bdi bdo cite code del dfn em i ins kbd mark q rp rt ruby s samp small strong sub sup time u var"
    ),
    "strike": Element("s"),
    "tt": Element("code"),
    "acronym": Element("abbr"),
    "address": Element("p", PARAGRAPH),
    "dir": Element("ul", PARAGRAPH),
    "menu": Element("ul", PARAGRAPH),
    "listing": Element("pre", PARAGRAPH),
}
# boxes without a meaning of their own: kept (as div) only where they hold running text
WRAPPERS = _words("div section article main header footer aside center form fieldset hgroup search body")
BLOCKS = WRAPPERS | {tag for tag, element in ELEMENTS.items() if element.gap is not None} | {"hr", "video", "audio"}
VOID = _words("area base br col embed hr img input link meta param source track wbr")  # never have children
# MathML Core without what can lead back into HTML (annotation-xml, mglyph, malignmark)
MATH = _words(
    "math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd "
    "mstyle mpadded mphantom mfenced menclose mmultiscripts mprescripts none semantics"
)
# players of these hosts are kept as sandboxed frames
PLAYER = re.compile(
    r"https://(?:www\.youtube(?:-nocookie)?\.com/embed/|player\.bilibili\.com/player\.html|player\.vimeo\.com/video/"
    r"|v\.qq\.com/(?:iframe|txp/iframe)/|player\.youku\.com/embed/|www\.dailymotion\.com/embed/"
    r"|open\.spotify\.com/embed/|embed\.podcasts\.apple\.com/|w\.soundcloud\.com/player/|music\.163\.com/outchain/"
    r"|www\.ixigua\.com/iframe/|embed\.acast\.com/|bandcamp\.com/EmbeddedPlayer)"
)
_MAX_DIGITS = 6
_SIZE = re.compile(r"\s*(\d{1,4})(?:px)?\s*\Z")
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)((?:language|lang|highlight-source)-[\w+#.-]{1,30})(?=\s|$)")


def _text(value: str) -> str | None:
    return " ".join(value.split())[:1000]


def _number(value: str) -> str | None:
    digits = value.strip()
    return digits if len(digits) <= _MAX_DIGITS and digits.lstrip("-").isdecimal() and digits.isascii() else None


def _present(_value: str) -> str | None:
    return ""


def _code_language(value: str) -> str | None:
    match = _LANGUAGE_CLASS.search(value[:500])
    return match.group(1) if match else None


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda value: value.strip().lower() if value.strip().lower() in allowed else None


def _token(value: str) -> str | None:
    token = value.strip()
    return token if re.fullmatch(r"[\w.:-]{1,100}", token) else None


def _instant(value: str) -> str | None:
    return value.strip()[:40]


def _list_type(value: str) -> str | None:
    return value if value in ("1", "a", "A", "i", "I") else None


def pixels(value: str | None) -> int | None:
    """Read a width or height attribute: CSS pixels, None where there are none."""
    match = _SIZE.match(value) if value else None
    return int(match.group(1)) if match else None


# element -> attribute -> what becomes of the value (None = the attribute is left out); addresses are not here:
# href, src, cite and poster are written by the walk, which knows the base
ATTRIBUTES: dict[str, dict[str, Callable[[str], str | None]]] = {
    "*": {"dir": _one_of("ltr", "rtl", "auto"), "lang": _token},
    "a": {"title": _text},
    "abbr": {"title": _text},
    "dfn": {"title": _text},
    "td": {"colspan": _number, "rowspan": _number},
    "th": {"colspan": _number, "rowspan": _number, "scope": _one_of("row", "col", "rowgroup", "colgroup")},
    "ol": {"start": _number, "reversed": _present, "type": _list_type},
    "li": {"value": _number},
    "time": {"datetime": _instant},
    "del": {"datetime": _instant},
    "ins": {"datetime": _instant},
    "details": {"open": _present},
    "code": {"class": _code_language},
    "pre": {"class": _code_language},
    "math": {"display": _one_of("block", "inline")},
    "mfenced": {"open": _text, "close": _text},
    "mo": {"stretchy": _one_of("true", "false")},
    "mtd": {"columnspan": _number, "rowspan": _number},
    "mover": {"accent": _one_of("true", "false")},
    "mi": {"mathvariant": _one_of("normal")},
}


def judged(element: str, given: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Give those attributes of an element that are kept, as they are kept."""
    own, common = ATTRIBUTES.get(element), ATTRIBUTES["*"]
    for name, value in given.items():
        judge = (own and own.get(name)) or common.get(name)
        kept = judge(value or "") if judge else None
        if kept is not None:
            yield name, kept
