"""Find the entries of a page by what repeats: siblings drawn alike, each with a link that says something; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from feedsvc.parsers.listpage.entry import HEADINGS, address, anchor_of, heading_of, said, shared_links

_FEWEST = 3  # entries of a list
_MOST = 30  # entries beyond which a longer list is no better
_TITLE = 60  # characters beyond which a longer title is no better
_WORTH = 8  # characters that the titles of a list have on average; CJK characters count twice
_AROUND = frozenset(("nav", "header", "footer", "aside"))  # what stands there is no list of articles
_CJK = "\u2e80"  # the first character of the CJK blocks
_NUMBER = re.compile(r"\d+")

Look = tuple[str, str]  # how an element is drawn: its tag, and its first class without numbers ("post-71", "row1")


def entries_of(tree: Any) -> list[Any]:  # noqa: ANN401 - selectolax has no types
    """Return the elements that are the entries of a page, in document order; [] where nothing repeats."""
    if tree.body is None:
        return []
    seen = _looks(tree.body)
    best: list[Any] = []
    most = 0.0
    for group in _groups(seen):
        score = _score(group)
        if score > most:
            best, most = group, score
    return _with_others(best, seen) if best else []


def _looks(body: Any) -> list[tuple[Any, Look]]:  # noqa: ANN401
    """Return the elements of a page and how each is drawn."""
    found = []
    for node in body.traverse():
        if node.tag[0] != "-" and node.parent is not None:
            names = (node.attributes.get("class") or "").split()
            found.append((node, (node.tag, _NUMBER.sub("", names[0]) if names else "")))
    return found


def _groups(seen: list[tuple[Any, Look]]) -> list[list[Any]]:
    """Return the groups of siblings that are drawn alike."""
    found: dict[tuple[int, Look], list[Any]] = defaultdict(list)
    for node, look in seen:
        found[node.parent.mem_id, look].append(node)
    around: dict[int, bool] = {}
    return [group for group in found.values() if len(group) >= _FEWEST and not _is_around(group[0], around)]


def _with_others(group: list[Any], seen: list[tuple[Any, Look]]) -> list[Any]:
    """Return a group with what is drawn alike elsewhere (a lead story, another year), and with other articles beside it."""
    members = {node.mem_id for node in group}
    (look,) = {look for node, look in seen if node.mem_id == group[0].mem_id}
    parent = group[0].parent.mem_id
    around: dict[int, bool] = {}
    return [
        node
        for node, other in seen
        if node.mem_id in members
        or (other == look and look[1] and not _is_around(node, around))
        or (other[0] == look[0] == "article" and node.parent.mem_id == parent)
    ]


def _is_around(node: Any, around: dict[int, bool]) -> bool:  # noqa: ANN401
    """Return whether `node` stands in what no articles stand in; `around` remembers what was asked, by mem_id."""
    above = node
    while above is not None:
        if above.tag in _AROUND:
            if above.mem_id not in around:
                around[above.mem_id] = above.css_first("article") is None
            if around[above.mem_id]:
                return True
        above = above.parent
    return False


def _score(group: list[Any]) -> float:
    """Return how much a group looks like a list of articles: many entries, each with its own link and a telling title."""
    looked_at = group[: 2 * _MOST]
    shared = shared_links(looked_at)
    titles = [_title(node, shared) for node in looked_at]
    telling = [(href, length) for href, length in titles if href and length]
    links = {href for href, _ in telling}
    if len(links) < _FEWEST or len(telling) < len(titles) / 2:
        return 0.0
    average = sum(min(length, _TITLE) for _, length in telling) / len(telling)
    if average < _WORTH:
        return 0.0
    dated = any(node.css_first("time, [datetime]") is not None for node in group[:_FEWEST])
    headed = any(node.css_first(", ".join(HEADINGS)) is not None for node in group[:_FEWEST])
    return min(len(links), _MOST) * average * (1.5 if dated else 1.0) * (1.5 if headed else 1.0)


def _title(node: Any, shared: frozenset[str]) -> tuple[str, int]:  # noqa: ANN401
    anchor = anchor_of(node, shared)
    return ("", 0) if anchor is None else (address(anchor), _length(heading_of(node) or said(anchor)))


def _length(text: str) -> int:
    return sum(2 if character >= _CJK else 1 for character in text[:_TITLE])
