"""What the rules work on: a `Case` that never changes, and the `Findings` that grow from rule to rule.

Pure. A rule is `(Case, Findings) -> Findings`; it returns what it was given, or a copy with more in it
(`replace`), and says what it mended with `Findings.noting`.
To add something that later rules need: one field of `Findings` with a default; a fact of the article, with its column, stands
in `feedsvc.model.facts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from feedsvc.model import BodyKind, Draft, Repair, Source
from feedsvc.model.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from dataclasses import replace as replace  # noqa: PLC0414 (for export)

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


@dataclass(frozen=True, kw_only=True)
class Findings(Facts):
    """What the rules found so far: facts of the article, and what later rules need to find more."""

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

    pictures: tuple[ImageElement, ...] = ()  # all images of the content, placeholders included, each once
    players: tuple[str, ...] = ()  # addresses of Flash players, which are no enclosures but were: the digest knows them
    abstract: str = ""  # what the document marks as its abstract, plain text
    repairs: tuple[Repair, ...] = ()

    def noting(self, rule: str, field: str, before: str, after: str) -> Findings:
        """Note that `rule` (`module.what`) changed `field` (a column of `articles`)."""
        repair = Repair(rule=rule, field=field, before=before[:_REPAIR_CHARACTERS], after=after[:_REPAIR_CHARACTERS])
        return replace(self, repairs=(*self.repairs, repair))


if not TYPE_CHECKING:  # mypy sees the one of `dataclasses`, and checks the names of the fields

    def replace(findings: Findings, /, **found: object) -> Findings:
        """Return a copy of `findings` with more in it; every rule asks for one, so it costs a twentieth of the other's."""
        copy = object.__new__(Findings)
        object.__setattr__(copy, "__dict__", findings.__dict__ | found)
        return copy


Rule: TypeAlias = Callable[[Case, Findings], Findings]
