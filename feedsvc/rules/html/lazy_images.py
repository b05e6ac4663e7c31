"""Where the picture of an `<img>` really is, and which pictures only count readers.

Pure. To read another lazy loader's attribute: one word in `_LAZY`; another counter: one line in `_TRACKER`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# in the order in which they are believed
_LAZY = (
    "data-original",
    "data-src",
    "data-actualsrc",
    "data-lazy-src",
    "data-original-src",
    "data-lazyload",
    "data-echo",
    "data-hi-res-src",
    "data-url",
    "data-croporisrc",
    "data-backsrc",
    "file",
    "zoomfile",
    "original",
    "real_src",
    "lazysrc",
)
_LAZY_NAMES = frozenset(_LAZY)
_STAND_IN = re.compile(
    r"data:|(?:.*[/_.-])?(?:blank|spacer|placeholder|loading|lazy|grey|transparent|pixel|none|1x1|s)"
    r"\.(?:gif|png|svg|jpe?g|webp)(?:\?|$)",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:width|height)\s?:\s?[01](?:px)?\s?(?:;|$|!)|display\s?:\s?none|visibility\s?:\s?hidden",
    re.IGNORECASE,
)
_TRACKER = re.compile(
    r"https?://[^/]*(?:feeds\.feedburner\.com/~r?/|feedproxy\.google\.com/~|pixel\.wp\.com/b\.gif"
    r"|stats\.wordpress\.com/b\.gif|feeds\.wordpress\.com/1\.0/|pixel\.quantserve\.com|b\.scorecardresearch\.com"
    r"|www\.google-analytics\.com|ad\.doubleclick\.net|feedads\.g\.doubleclick\.net|\.feedsportal\.com/"
    r"|medium\.com/_/stat|track\.hubspot\.com|list-manage\.com/track|//hits\.|//counter\.|//beacon\.)"
    r"|https?://.*/(?:pixel|beacon|tracking|track|open|1x1|mf)\.(?:gif|png)(?:\?|$)",
    re.IGNORECASE,
)


def source_of(node: Any, given: Mapping[str, str | None]) -> str:  # noqa: ANN401
    """Find the address of the picture: a lazy attribute before a stand-in, `srcset` where there is no `src`."""
    source = given.get("src") or ""
    for name in () if _LAZY_NAMES.isdisjoint(given) else _LAZY:
        lazy = given.get(name)
        if lazy and "/" in lazy and not _STAND_IN.match(lazy[-200:]):
            return lazy
    if source and not source.startswith("data:image/svg"):
        return source
    return _largest(given.get("srcset") or given.get("data-srcset") or _sibling_set(node)) or source


def is_tracker(address: str, given: Mapping[str, str | None]) -> bool:
    """Say whether the picture is there to count readers, or not to be seen."""
    for name in ("width", "height"):
        if (given.get(name) or "").strip() in ("0", "1", "0px", "1px"):
            return True
    style = given.get("style")
    if style and _HIDDEN.search(style[:500]) and not any(name in given for name in _LAZY):
        return True
    return bool(_TRACKER.match(address[:2000]))


def _sibling_set(node: Any) -> str:  # noqa: ANN401
    parent = node.parent
    if parent is None or parent.tag != "picture":
        return ""
    for name in ("srcset", "data-srcset"):
        source = parent.css_first(f"source[{name}]")
        if source is not None:
            return source.attributes.get(name) or ""
    return ""


def _largest(srcset: str) -> str:
    """Take the candidate with the greatest width or density (WHATWG HTML, srcset)."""
    best, size = "", -1.0
    for candidate in srcset[:20_000].replace(", ", "\n").split("\n"):
        address, _, descriptor = candidate.strip().rstrip(",").partition(" ")
        number = descriptor.strip()[:-1]
        weight = float(number) if number.replace(".", "", 1).isdecimal() else 0.0
        if address and weight > size:
            best, size = address, weight
    return best
