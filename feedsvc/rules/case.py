"""What the rules work on: a `Case` that never changes, and the `Findings` that grow from rule to rule.

Pure. A rule is `(Case, Findings) -> Findings`; it returns what it was given, or a copy with more in it
(`Findings._replace`), and says what it mended with `Findings.noting`.
To add something that later rules need: one field of `Findings` with a default. A fact of the article that none of them reads
is told with `Findings.knowing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from feedsvc.model import BodyKind, CategoryPath, Draft, Enclosure, Person, Repair, Source
from feedsvc.model.facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feedsvc.rules.html.body_lines import Lines

_REPAIR_CHARACTERS = 500  # of what was there before and after: enough to see, too little to fill the archive


class Scanned(NamedTuple):
    """One element near the top of the body; selectolax has no types, so the node is `Any`."""

    node: Any  # LexborNode
    tag: str  # lower case
    attributes: Mapping[str, str | None]  # None = an attribute without a value


class ImageElement(NamedTuple):
    """One image of the content, its address absolute where a base is known."""

    url: str
    width: int | None = None  # CSS pixels as the document says
    height: int | None = None  # CSS pixels as the document says
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is being normalised; never changes."""

    draft: Draft
    source: Source


class Findings(NamedTuple):
    """What the rules found so far.

    A named tuple, since every rule asks for a copy: that of a frozen dataclass costs seven times as much.
    """

    # the body as parsed: set by the first rule, mutated by nobody
    body_kind: BodyKind = ""
    tree: Any = None  # LexborHTMLParser, or None: there is no body
    lines: Lines | None = None  # the first and last lines of the body, once a rule needed them
    root: Any = None  # the node whose children are the content: the body, or what `[source.rules] content` names
    line_breaks: bool = False  # the body is running text whose line ends mean something
    scan: tuple[Scanned, ...] = ()  # the first elements in document order, computed once
    marked: tuple[Scanned, ...] = ()  # those of the head and of `scan` that can say what they hold
    dropped: frozenset[int] = (
        frozenset()
    )  # mem_ids of nodes left out of the content: the repeated h1, date and byline lines
    base_url: str = ""  # what relative links are relative to; "" = not known

    title: str = ""  # plain text; "" until a fallback is found
    published: datetime | None = None  # UTC
    published_from: str = ""
    published_raw: str = ""
    modified: datetime | None = None  # UTC
    people: tuple[Person, ...] = ()
    publisher: str = ""
    url: str = ""  # absolute http(s)

    content: str = ""  # sanitised HTML
    text: str = ""  # plain text of the content: a blank line between paragraphs
    links: tuple[str, ...] = ()
    pictures: tuple[ImageElement, ...] = ()  # all images of the content, placeholders included, each once
    images: tuple[str, ...] = ()  # the real ones among them
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    players: tuple[str, ...] = ()  # addresses of Flash players, which are no enclosures but were: the digest knows them
    abstract: str = ""  # what the document marks as its abstract, plain text
    summary: str = ""
    language: str = ""
    categories: tuple[CategoryPath, ...] = ()
    tags: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    further: tuple[tuple[str, object], ...] = ()  # facts that no later rule reads, by their names

    def knowing(self, **facts: object) -> Findings:
        """Know `facts` of the article that no later rule reads, by their names in `feedsvc.model.facts.Facts`.

        Raises:
            LookupError: the archive has no such fact.
        """
        if unknown := facts.keys() - FACTS:
            raise LookupError(f"no fact is called {min(unknown)!r}: add it to Facts in feedsvc/model/facts.py")
        return self._replace(further=(*self.further, *facts.items()))

    def noting(self, rule: str, field: str, before: str, after: str) -> Findings:
        """Note that `rule` (`module.what`) changed `field` (a column of `articles`)."""
        repair = Repair(rule=rule, field=field, before=before[:_REPAIR_CHARACTERS], after=after[:_REPAIR_CHARACTERS])
        return self._replace(repairs=(*self.repairs, repair))


Rule: TypeAlias = Callable[[Case, Findings], Findings]
