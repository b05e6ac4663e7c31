"""What one entry of a list says: which of its links is the article's, what its title is, when it was; pure.

Selectors go before all of this. To add a place where sites hide a date: one line in `dates_of`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Node = Any  # selectolax has no types

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_HEADING = ", ".join(HEADINGS)
_HEADED = ", ".join([*(f"{tag} a[href]" for tag in HEADINGS), *(f"a[href]:has({tag})" for tag in HEADINGS)])
_LINKS = 40  # of an entry that are looked at
_ROWS = ("tr", "dt")  # entries that go on in the elements after them
_FOLLOWING = 2  # elements after an entry that may belong to it
_LOOKED_AT = 2000  # characters of an entry in which its date is looked for
_TITLED = re.compile(r"title|headline", re.IGNORECASE)
_CUT = ("...", "…")
_DATE = re.compile(
    r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d{1,2}\.? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?,? \d{4}"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|(?<!\d)\d{1,2}\.\d{1,2}\.\d{4}(?!\d)"
)


def words(node: Node) -> str:
    """Return the text of an element, white space collapsed."""
    return " ".join((node.text() or "").split())


def address(anchor: Node) -> str:
    """Return where a link leads, as written."""
    return (anchor.attributes.get("href") or "").strip()


def shared_links(nodes: Iterable[Node]) -> frozenset[str]:
    """Return the addresses that several entries link to: sections, authors, tags; never the article."""
    counted = Counter(href for node in nodes for href in {address(a) for a in node.css("a[href]")[:_LINKS]})
    return frozenset(href for href, count in counted.items() if count > 1)


def anchor_of(node: Node, shared: frozenset[str] = frozenset()) -> Node | None:
    """Return the link to the article: the entry itself, that of its heading, the one that says what the heading says, the longest."""
    if node.tag == "a" and address(node):
        return node
    own = [anchor for anchor in node.css("a[href]")[:_LINKS] if address(anchor) not in shared]
    headed = {anchor.mem_id for anchor in node.css(_HEADED)}
    first = next((anchor for anchor in own if anchor.mem_id in headed and said(anchor)), None)
    if first is not None:
        return first
    heading = heading_of(node)
    same = next((anchor for anchor in own if heading and said(anchor) == heading), None)
    return same if same is not None else max(own, key=lambda anchor: len(said(anchor)), default=None)


def heading_of(node: Node) -> str:
    """Return what the first heading of an entry says."""
    heading = node.css_first(_HEADING)
    return words(heading) if heading is not None else ""


def title_of(node: Node, anchor: Node | None) -> str:
    """Return the title of an entry: its heading, else what its link says."""
    heading = heading_of(node)
    if heading or anchor is None:
        return heading
    given = (anchor.attributes.get("title") or "").strip()
    text = _headline(anchor) or said(anchor)
    cut = next((text.removesuffix(dots).strip() for dots in _CUT if text.endswith(dots)), "")
    return given if cut and given.startswith(cut) else text


def said(anchor: Node) -> str:
    """Return what a link says, to those who hear it where it shows nothing."""
    given = anchor.attributes
    return words(anchor) or " ".join((given.get("title") or given.get("aria-label") or "").split())


def _headline(anchor: Node) -> str:
    """Return what is called the title among the several texts of a link that is a whole card."""
    named = (part for part in anchor.css("[class]")[:_LINKS] if _TITLED.search(part.attributes.get("class") or ""))
    return next(filter(None, map(words, named)), "")


def date_of(node: Node) -> str:
    """Return the date of an entry as written, "" when it shows none; also in the rows that belong to it."""
    return next((found for part in (node, *_rest(node)) for found in dates_of(part)), "")


def dates_of(node: Node) -> Iterator[str]:
    """Yield what may be the date of an entry, the most exact first."""
    for marked in node.css("time, [datetime]"):
        given = marked.attributes
        yield from filter(None, [(given.get("datetime") or given.get("content") or words(marked)).strip()])
    shown = _DATE.search(words(node)[:_LOOKED_AT])
    if shown:
        yield shown[0]
    titles = (
        _DATE.search((hinted.attributes.get("title") or "")[:_LOOKED_AT]) for hinted in node.css("[title]")[:_LINKS]
    )
    yield from (found[0] for found in titles if found)


def _rest(node: Node) -> Iterator[Node]:
    """Yield the rows after an entry that are drawn otherwise: its second line."""
    following = node.next if node.tag in _ROWS else None
    left = _FOLLOWING
    while following is not None and left:
        if following.tag[0] != "-":
            if following.attributes.get("class") == node.attributes.get("class") and following.tag == node.tag:
                return
            yield following
            left -= 1
        following = following.next
