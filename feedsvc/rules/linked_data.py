"""What a body says of its article to machines: the elements of its head, and its JSON-LD (schema.org).

Pure and bounded; what cannot be parsed is as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from feedsvc.rules.case import Scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT_CHARACTERS = 200_000
_NODES = 200  # of one script
_DEPTH = 4  # a graph, its list, an article, its main entity
_ARTICLES = ("Article", "Posting", "WebPage", "Report", "Review", "VideoObject", "PodcastEpisode", "CreativeWork")


def marked_elements(tree: Any, scan: tuple[Scanned, ...]) -> tuple[Scanned, ...]:  # noqa: ANN401 (selectolax)
    """Return those of the first elements of a body that can be marked: the ones with attributes and `<time>`.

    Before them stands what the parser put into the head: leading meta and script.
    """
    head = tree.head
    nodes = islice(head.traverse(), 1, _NODES) if head is not None and head.child is not None else ()
    found = (*(Scanned(node, node.tag, node.attributes) for node in nodes if node.tag[0] != "-"), *scan)
    return tuple([element for element in found if element.attributes or element.tag == "time"])


def linked_articles(elements: tuple[Scanned, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the schema.org articles (`NewsArticle`, `BlogPosting`, ...) of the JSON-LD among `elements`, outermost first."""
    for node, tag, attributes in elements:
        if tag == "script" and "ld+json" in (attributes.get("type") or "").lower():
            yield from _articles(_parsed(node.text() or ""))


def _parsed(script: str) -> Any:  # noqa: ANN401 (JSON)
    if len(script) > SCRIPT_CHARACTERS:
        return None
    try:
        return json.loads(script, strict=False)  # line breaks in strings are common
    except (ValueError, RecursionError):
        return None


def _articles(root: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 (JSON)
    left = [(root, 0)]
    for _ in range(_NODES):
        if not left:
            return
        value, depth = left.pop(0)
        if isinstance(value, Mapping) and _types(value):
            yield value
        elif depth < _DEPTH:
            left.extend((child, depth + 1) for child in _children(value))


def _types(value: Mapping[str, Any]) -> bool:
    kinds = value.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(name, str) and name.endswith(_ARTICLES) for name in names)


def _children(value: Any) -> list[Any]:  # noqa: ANN401 (JSON)
    if isinstance(value, list):
        return value[:_NODES]
    if isinstance(value, Mapping):
        return [value[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in value]
    return []
