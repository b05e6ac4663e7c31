"""Where a body shows the date of its publication: clues, the strongest first.

Pure. A clue is a marked element, a labelled line or a dateline; the date of something else in the text (a game's release, an
event's opening, a deadline, a birth, a quoted message, a console listing) is none: a wrong date is worse than none.
To add a kind of evidence: one function and one line of `FINDERS`; to add a word: one of the tables of `date_words`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from feedsvc.rules.dates import date_words, parse
from feedsvc.rules.html.body_lines import Line, Lines, lines_of
from feedsvc.rules.language import script_of
from feedsvc.rules.linked_data import linked_articles
from feedsvc.rules.markup import selected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from feedsvc.rules.case import Case, Findings, Scanned

MARKED_CHARACTERS = 80  # a marked element that holds more is not a date
LABELLED_CHARACTERS = 120
DATELINE_LINES = 8
DATELINE_CHARACTERS = 60
_REST = 24  # characters beside the date in a dateline
_MARKED_REST = 40
_LIST = 3  # so many different dates under one mark are a list, not a publication
_ANCESTORS = 5
_WIRE_LINES = 4
_OPENING_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """One place that shows a date."""

    source: str  # Article.published_from
    text: str  # the date as it stands there, at most `LABELLED_CHARACTERS`
    reading: parse.ParsedDate | None  # None: a relative form, perhaps; of marked elements only
    node: Any = None  # the element that shows it, where it is marked or a line of its own
    line: str = ""  # what that element shows in all


class _Marked(NamedTuple):
    """A marked element and the one date that it shows."""

    mark: str
    clue: Clue
    foreign: bool = False  # counts as one of a list, and is no clue


@dataclass(frozen=True, kw_only=True)
class BodyEvidence:
    """What the clues are taken from; lines are read only where no mark says the date."""

    case: Case
    findings: Findings

    @property
    def elements(self) -> tuple[Scanned, ...]:
        """The elements that can be marked."""
        return self.findings.marked

    @cached_property
    def lines(self) -> Lines:
        """The first and the last lines."""
        return lines_of(self.findings)

    @property
    def lines_read(self) -> Lines | None:
        """The lines, if a clue needed them: for the rules after this one."""
        return self.__dict__.get("lines")

    @cached_property
    def script(self) -> str:
        """The script of the whole, told by the title or, where that is foreign, by the first lines."""
        script = script_of(self.case.draft.title)
        if script in {"", "latin"}:
            return script_of("\n".join(line.text for line in self.lines.top[:_OPENING_LINES]))
        return script


def body_clues(evidence: BodyEvidence) -> Iterator[Clue]:
    """Yield what the body says of its date, the strongest first; later kinds are looked for only when they are asked for."""
    for find in FINDERS:
        yield from find(evidence)


# ---------------------------------------------------------------- marked elements


def _selected(evidence: BodyEvidence) -> Iterator[Clue]:
    """Yield what the source's own selector names: the user vouches for it."""
    selector = evidence.case.source.rules.date
    nodes = selected(evidence.findings.tree, selector) if selector else ()
    for node in islice(nodes, _LIST):
        text = node.attributes.get("datetime") or node.attributes.get("content") or _text(node)
        yield _clue("body:selector", text, node)


def _schema(evidence: BodyEvidence) -> Iterator[Clue]:
    clues = []
    for article in linked_articles(evidence.elements):
        published = article.get("datePublished")
        if isinstance(published, str):
            clues.append(_Marked("datePublished", _clue("body:time", published)))
    yield from _unlisted(clues)


def _meta(evidence: BodyEvidence) -> Iterator[Clue]:
    for node, tag, attributes in evidence.elements:
        if tag != "meta" and "itemprop" not in attributes:
            continue
        names = {(attributes.get(key) or "").lower() for key in ("itemprop", "property", "name")}
        if names & date_words.META:
            text = attributes.get("content") or attributes.get("datetime") or _text(node)
            if tag == "meta" or not _foreign(node):
                yield _clue("body:time", text, None if tag == "meta" else node)


def _time_elements(evidence: BodyEvidence) -> Iterator[Clue]:
    marked = []
    for node, tag, attributes in evidence.elements:
        if tag == "time":
            sure = "pubdate" in attributes or date_words.is_publication(attributes.get("class") or "")
            clue = _clue("body:time", attributes.get("datetime") or _text(node), node)
            marked.append(_Marked("sure" if sure else "time", clue, _foreign(node)))
    yield from _unlisted(marked)


def _class_marked(evidence: BodyEvidence) -> Iterator[Clue]:
    marked = []
    for node, tag, attributes in evidence.elements:
        mark = _mark(tag, attributes)
        clue = _shown(node) if mark else None
        if clue:
            marked.append(_Marked(mark, clue, _foreign(node)))
    yield from _unlisted(marked)


def _mark(tag: str, attributes: Mapping[str, str | None]) -> str:
    """Return the class or id that marks an element as the date of its article; "" when none does."""
    if tag in date_words.NOT_DATE_TAGS:
        return ""
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return names.strip() if date_words.is_publication(names) else ""


def _shown(node: Any) -> Clue | None:  # noqa: ANN401 (selectolax)
    """Return the date that the short element `node` shows, unless its words say that it is another's."""
    text = _text(node)
    if not 0 < len(text) <= MARKED_CHARACTERS:
        return None
    clue = _clue("body:class", text, node)
    if clue.reading is None:
        return clue if len(text) <= DATELINE_CHARACTERS else None
    before, after = text[: clue.reading.start], text[clue.reading.end :]
    if len(before) + len(after) > _MARKED_REST or date_words.names_other(before) or date_words.names_other_after(after):
        return None
    return clue


def _unlisted(marked: list[_Marked]) -> Iterator[Clue]:
    """Yield the clues whose mark does not stand for a whole list of dates (a timeline, comments, other articles)."""
    days: dict[str, set[date]] = defaultdict(set)
    for one in marked:
        if one.clue.reading:
            days[one.mark].add(one.clue.reading.wall.date())
    yield from (one.clue for one in marked if not one.foreign and len(days[one.mark]) < _LIST)


def _foreign(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    """Whether `node` stands in what is not the article, or behind words that say what else it is the date of."""
    return _in_foreign(node) or date_words.names_other(_text_before(node))


def _in_foreign(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    """Whether `node` stands in a quotation, a listing, comments, an event, related articles."""
    element = node
    for _ in range(_ANCESTORS):
        if element is None or element.tag in {"body", "html"}:
            return False
        attributes = element.attributes
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if element.tag in date_words.FOREIGN_TAGS or date_words.is_foreign(names):
            return True
        element = element.parent
    return False


def _text_before(node: Any) -> str:  # noqa: ANN401 (selectolax)
    """Return the text beside `node`, before it, in its own parent or the one above: where a label stands."""
    for _ in range(2):
        sibling = node.prev
        while sibling is not None and sibling.tag in {"-comment", "-text"}:
            text = (sibling.text_content or "").strip() if sibling.tag == "-text" else ""
            if text:
                return str(text)
            sibling = sibling.prev
        if sibling is not None:
            text = _text(sibling)
            return text if len(text) <= DATELINE_CHARACTERS else text[-DATELINE_CHARACTERS:]
        node = node.parent
        if node is None or node.tag in {"body", "html"}:
            return ""
    return ""


# ---------------------------------------------------------------- lines


def _labelled(evidence: BodyEvidence) -> Iterator[Clue]:
    """Yield lines such as "发布时间：2021-09-06 22:17" and "Posted on September 6, 2021"."""
    marked: list[_Marked] = []
    previous = ""
    for line in (*evidence.lines.top, *evidence.lines.end):
        if not line.aside:
            marked += [_Marked("label", clue, _in_foreign(line.node)) for clue in _after_label(line, previous)]
        previous = line.text
    yield from _unlisted(marked)


def _after_label(line: Line, previous: str) -> Iterator[Clue]:
    text = line.text
    if len(text) > LABELLED_CHARACTERS:
        return
    for reading in parse.find(text):
        before = text[: reading.start]
        label = before if before.strip() else previous[-DATELINE_CHARACTERS:]
        if not date_words.is_label(label) or date_words.ends_sentence(text[reading.end :]):
            continue
        node = line.node if len(text) <= DATELINE_CHARACTERS and before.strip() else None
        yield Clue(source="body:label", text=_cut(text, reading), reading=reading, node=node, line=text)
        return


def _dateline(evidence: BodyEvidence) -> Iterator[Clue]:
    """Yield short lines near the top that are little more than a date with its time, and openings of wire services."""
    top = evidence.lines.top[:DATELINE_LINES]
    if any(date_words.is_venue(line.text) for line in top):
        return
    for position, line in enumerate(top):
        if line.aside or line.entry:
            continue
        reading = next(parse.find(line.text[:LABELLED_CHARACTERS]), None)
        if reading and (_stands_alone(line.text, reading) or (position < _WIRE_LINES and _wire(line.text, reading))):
            previous = top[position - 1].text if position else ""
            if not date_words.names_other(previous) and not _in_foreign(line.node):
                yield Clue(source="body:dateline", text=_cut(line.text, reading), reading=reading, line=line.text)


def _stands_alone(text: str, reading: parse.ParsedDate) -> bool:
    before, after = text[: reading.start], text[reading.end :]
    return (
        reading.timed
        and len(text) <= DATELINE_CHARACTERS
        and len(before.strip()) + len(after.strip()) <= _REST
        and not date_words.is_sentence(before + after)
        and not date_words.names_other(before)
        and not date_words.is_bare_label(before)
        and not date_words.names_other_after(after)
    )


def _wire(text: str, reading: parse.ParsedDate) -> bool:
    """Whether it opens as "BEIJING, Sept. 6, 2021 /PRNewswire/ --": the place before, the agency right after."""
    return reading.start <= DATELINE_CHARACTERS and date_words.is_wire(text[reading.end :])


# ---------------------------------------------------------------- all of them

FINDERS: tuple[Callable[[BodyEvidence], Iterator[Clue]], ...] = (
    _selected,  # body:selector
    _schema,  # body:time
    _meta,
    _time_elements,
    _class_marked,  # body:class
    _labelled,  # body:label
    _dateline,  # body:dateline
)


def _clue(source: str, text: str, node: Any = None) -> Clue:  # noqa: ANN401 (selectolax)
    """Read the one value `text`."""
    value = " ".join(text[: 2 * LABELLED_CHARACTERS].split())[:LABELLED_CHARACTERS]
    reading = next(parse.find(value), None) or parse.read(value)
    shown = _text(node) if node is not None else ""
    return Clue(source=source, text=_cut(value, reading) if reading else value, reading=reading, node=node, line=shown)


def _cut(text: str, reading: parse.ParsedDate) -> str:
    return text[reading.start : reading.end].strip()


def _text(node: Any) -> str:  # noqa: ANN401 (selectolax)
    return " ".join((node.text() or "").split())
