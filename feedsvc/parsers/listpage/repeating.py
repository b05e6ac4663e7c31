"""Find the entries of a page by what repeats: siblings drawn alike, each with a link that says something; pure."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FEWEST = 3  # entries of a list
_MOST = 30  # entries beyond which a longer list is no better
_NODES = 20_000  # elements of a page that are looked at
_TITLE = 60  # characters beyond which a longer title is no better
_WORTH = 8  # characters that the titles of a list have on average; CJK characters count twice
_AROUND = frozenset(("nav", "header", "footer", "aside"))  # what stands there is no list of articles
_CJK = "\u2e80"  # the first character of the CJK blocks


def words(node: Any) -> str:  # noqa: ANN401 - selectolax has no types
    """Return the text of an element, white space collapsed."""
    return " ".join((node.text() or "").split())


def entries_of(tree: Any) -> list[Any]:  # noqa: ANN401
    """Return the elements that are the entries of a page, in document order; [] where nothing repeats."""
    best: list[Any] = []
    most = 0.0
    for group in _groups(tree):
        score = _score(group)
        if score > most:
            best, most = group, score
    return best


def _groups(tree: Any) -> list[list[Any]]:  # noqa: ANN401
    """Return the groups of siblings that are drawn alike: one tag, one first class."""
    found: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    if tree.body is None:
        return []
    for number, node in enumerate(tree.body.traverse()):
        if number > _NODES:
            break
        if node.tag[0] != "-" and node.parent is not None:
            names = (node.attributes.get("class") or "").split()
            found[node.parent.mem_id, node.tag, names[0] if names else ""].append(node)
    return [group for group in found.values() if len(group) >= _FEWEST and not _is_around(group[0])]


def _is_around(node: Any) -> bool:  # noqa: ANN401
    above = node
    while above is not None:
        if above.tag in _AROUND and above.css_first("article") is None:
            return True
        above = above.parent
    return False


def _score(group: list[Any]) -> float:
    """Return how much a group looks like a list of articles: many entries, each with its own link and a telling title."""
    titles = [_title(node) for node in group[: 2 * _MOST]]
    telling = [(href, length) for href, length in titles if href and length]
    links = {href for href, _ in telling}
    if len(links) < _FEWEST or len(telling) < len(titles) / 2:
        return 0.0
    average = sum(min(length, _TITLE) for _, length in telling) / len(telling)
    if average < _WORTH:
        return 0.0
    dated = any(node.css_first("time") is not None for node in group[:_FEWEST])
    headed = any(node.css_first(", ".join(HEADINGS)) is not None for node in group[:_FEWEST])
    return min(len(links), _MOST) * average * (1.5 if dated else 1.0) * (1.5 if headed else 1.0)


def _title(node: Any) -> tuple[str, int]:  # noqa: ANN401
    anchors = [node] if node.tag == "a" else node.css("a[href]")[:20]
    said = [(anchor.attributes.get("href") or "", _length(words(anchor))) for anchor in anchors]
    return max(said, key=lambda each: each[1], default=("", 0))


def _length(text: str) -> int:
    return sum(2 if character >= _CJK else 1 for character in text[:_TITLE])
