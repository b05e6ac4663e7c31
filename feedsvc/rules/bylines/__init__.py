"""Who made an article, and which paper it is from: what the document says, then what its body shows.

Pure. A body shows names in marked elements (schema.org, microformats, class names), in lines that open with a role
("作者：张三", "By Jane Doe") and beside one ("每经记者 曾剑 每经编辑 陈俊杰"). Nobody is named on a guess: running text names people
whom an article is about. To add a kind of evidence: one function and one line of `EVIDENCE`.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from feedsvc.model import Person
from feedsvc.rules.bylines import byline_words
from feedsvc.rules.dates.date_words import FOREIGN_TAGS, is_foreign
from feedsvc.rules.html.body_lines import Line, edges_of
from feedsvc.rules.linked_data import linked_articles
from feedsvc.rules.markup import selected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from feedsvc.rules.case import Case, Findings, Scanned

TOP_LINES = 12
END_LINES = 6
LINE_CHARACTERS = 120  # a longer line is running text: only its opening is looked at
LEAD_CHARACTERS = 60
SOURCE_CHARACTERS = 80
MOST_PEOPLE = 12
_MARKED_CHARACTERS = 60
_PEN_NAME_CHARACTERS = 10  # 11 and more are a sentence
_ANCESTORS = 4
_OPENING, _CLOSING = "（(【[", "）)】]。；;丨｜|/／"
_BARE_LINES = 3  # further down, "by" names whom something else in the text is by
_BARE_REST = 40  # characters behind the names that may still be a byline: a house, a date
_BYLINE_SHARE = 0.5  # of a line, so that the line is a byline and not a sentence


class Byline(NamedTuple):
    """What one place shows."""

    people: tuple[Person, ...] = ()
    publisher: str = ""


class _Evidence(NamedTuple):
    case: Case
    findings: Findings
    elements: tuple[Scanned, ...]
    lines: tuple[Line, ...]  # near the top and the end, in order, each once


def byline(case: Case, findings: Findings) -> Findings:
    """Set `people` (those whom the document names first) and `publisher`."""
    draft = case.draft
    shown = _shown(case, findings)
    everybody = _merged(draft.people, shown.people)
    people = everybody[:MOST_PEOPLE]
    if people != everybody:
        findings = findings.noting("bylines.many", "author", str(len(everybody)), str(MOST_PEOPLE))
    findings = findings._replace(people=people, publisher=shown.publisher or draft.publisher)
    if len(people) > len(draft.people):
        findings = findings.noting("bylines.body", "author", _names(draft.people), _names(people))
    if findings.publisher != draft.publisher:
        findings = findings.noting("bylines.source", "publisher", draft.publisher, findings.publisher)
    return findings


def _shown(case: Case, findings: Findings) -> Byline:
    """Return what the body shows: each role from the strongest evidence that names anybody in it."""
    if findings.tree is None:
        return Byline()
    evidence = _Evidence(case, findings, findings.marked, _near_the_edges(findings))
    people: dict[str, tuple[Person, ...]] = {}
    publisher = ""
    for find in EVIDENCE:
        found = find(evidence)
        publisher = publisher or found.publisher
        roles = {person.role: () for person in found.people if person.role not in people}
        people |= {role: tuple(person for person in found.people if person.role == role) for role in roles}
    return Byline(tuple(person for named in people.values() for person in named), publisher)


def _near_the_edges(findings: Findings) -> tuple[Line, ...]:
    top, end = findings.lines or edges_of(findings, TOP_LINES, END_LINES)
    seen = {(line.node.mem_id, line.text) for line in top[:TOP_LINES]}
    return (*top[:TOP_LINES], *(line for line in end[-END_LINES:] if (line.node.mem_id, line.text) not in seen))


def _merged(stated: tuple[Person, ...], shown: tuple[Person, ...]) -> tuple[Person, ...]:
    people = {person.name.casefold(): person for person in reversed((*stated, *shown))}
    return tuple(dict.fromkeys(people[person.name.casefold()] for person in (*stated, *shown)))


def _names(people: tuple[Person, ...]) -> str:
    return ", ".join(person.name for person in people)


# ---------------------------------------------------------------- marked elements


def _selected(evidence: _Evidence) -> Byline:
    """Read the element of the source's own selector."""
    selector = evidence.case.source.rules.author
    nodes = islice(selected(evidence.findings.tree, selector), MOST_PEOPLE) if selector else ()
    return Byline(
        tuple(person for node in nodes for person in _people_in(node.attributes.get("content") or _text(node)))
    )


def _linked(evidence: _Evidence) -> Byline:
    """Read the JSON-LD of the article."""
    people: list[Person] = []
    publisher = ""
    for article in linked_articles(evidence.elements):
        people += (Person(name=name) for name in _linked_names(article.get("author")))
        publisher = publisher or next(_linked_names(article.get("publisher")), "")
    return Byline(tuple(people), publisher)


def _linked_names(value: Any) -> Iterator[str]:  # noqa: ANN401 (JSON)
    for one in value[:MOST_PEOPLE] if isinstance(value, list) else [value]:
        name = one.get("name") if isinstance(one, dict) else one
        if isinstance(name, str) and byline_words.is_name(name.strip()):
            yield name.strip()


def _marked(evidence: _Evidence) -> Byline:
    """Read elements whose microdata, microformat or class name says what they hold; the first of each."""
    people: tuple[Person, ...] = ()
    publisher = ""
    for node, tag, attributes in evidence.elements:
        if tag in byline_words.NOT_NAME_TAGS:
            continue
        if not people and _marks_author(attributes) and not _foreign(node):
            people = tuple(_people_in(attributes.get("content") or _text(node)))
        elif not publisher and byline_words.marks_source(attributes.get("class") or "") and not _foreign(node):
            publisher = _clean(_text(node))
    return Byline(people, publisher)


def _marks_author(attributes: Mapping[str, str | None]) -> bool:
    stated = (attributes.get("itemprop"), attributes.get("rel"), attributes.get("property"), attributes.get("name"))
    return "author" in stated or "article:author" in stated or byline_words.marks_author(attributes.get("class") or "")


def _foreign(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    for _ in range(_ANCESTORS):
        if node is None or node.tag in {"body", "html"}:
            return False
        if node.tag in FOREIGN_TAGS or is_foreign(node.attributes.get("class") or ""):
            return True
        node = node.parent
    return False


def _people_in(text: str) -> Iterator[Person]:
    """Yield the people of a marked element; nobody where it holds more than names."""
    if len(text) > _MARKED_CHARACTERS:
        return
    staff = tuple(_staff_of(text))
    if staff:
        yield from staff
        return
    for part in byline_words.SEPARATORS.split(_clean(text)):
        if byline_words.is_name(part) and not byline_words.is_group(part):
            yield Person(name=part)


def _clean(text: str) -> str:
    """Return the name at the beginning of `text`, without what introduces it; "" when there is none."""
    name = byline_words.CUT.split(byline_words.LEAD.sub("", text), maxsplit=1)[0].strip(" ·-–—,，:：/")
    return name if byline_words.is_name(name) else ""


# ---------------------------------------------------------------- lines


def _staff(evidence: _Evidence) -> Byline:
    """Read "每经记者 曾剑 每经编辑 陈俊杰" and "（记者 张三）"."""
    return Byline(tuple(person for line in evidence.lines if not line.aside for person in _staff_of(line.text)))


class _Named(NamedTuple):
    """A role and the names after it."""

    role: str
    names: tuple[str, ...]
    bracketed: bool
    characters: int  # of the line that they take


def _staff_of(text: str) -> Iterator[Person]:
    """Yield whom `text` names beside a role, if it is a byline, or names them in brackets: "（记者 张三）"."""
    if text.isascii():  # no role is
        return
    found = [named for part in _byline_parts(text) for named in _named(part)]
    is_byline = len(text) <= LINE_CHARACTERS and sum(named.characters for named in found) >= _BYLINE_SHARE * len(text)
    for named in found:
        if is_byline or named.bracketed:
            yield from (Person(name=name, role=named.role) for name in named.names)


def _byline_parts(text: str) -> tuple[str, ...]:
    """Of a long line only the edges: the lead of a story, or its signature."""
    return (text,) if len(text) <= LINE_CHARACTERS else (text[:LEAD_CHARACTERS], text[-LEAD_CHARACTERS:])


def _named(text: str) -> Iterator[_Named]:
    if not byline_words.ROLE.search(text):  # most lines; a tenth of what the pattern of a byline costs
        return
    found = list(byline_words.STAFF.finditer(text))
    ends = (*(match.start() for match in found[1:]), len(text))
    for match, end in zip(found, ends, strict=False):
        after = text[match.end() : end]
        names = tuple(_chinese_names(after))
        if names:
            last = match.end() + after.index(names[-1]) + len(names[-1])
            bracketed = match.start() > 0 and text[match.start() - 1] in _OPENING
            yield _Named(byline_words.ROLE_OF[match["role"]], names, bracketed, last - match.start())


def _chinese_names(text: str) -> Iterator[str]:
    """Yield the names that `text` opens with; what is no name, or is closed by a bracket, ends the list."""
    for part in byline_words.SEPARATORS.sub(" ", text).split():
        name = part.rstrip(_CLOSING)
        if not byline_words.is_chinese_name(name):
            return
        yield name
        if name != part:
            return


def _author_line(evidence: _Evidence) -> Byline:
    """Read "作者：张三", "文/李四" and "By Jane Doe"."""
    for position, line in enumerate(evidence.lines):
        match = None if line.aside or line.entry else byline_words.AUTHOR_LINE.match(line.text)
        if match and (match["bare"] is None or position < _BARE_LINES or position >= TOP_LINES):
            people = tuple(_authors(match, line.text))
            if people:
                return Byline(people)
    return Byline()


def _authors(match: Any, line: str) -> Iterator[Person]:  # noqa: ANN401 (re.Match)
    """Yield the authors that a line names; where text runs on behind them, only names that nothing else can be."""
    alone = len(line) - match.end() <= _BARE_REST and not any(mark in line for mark in "。！？；…")
    for part in byline_words.SEPARATORS.split(match["names"].strip()):
        first, *rest = (part.split() if byline_words.EASTERN.search(part) else [part.strip()]) or [""]
        if not _is_author(first, bare=match["bare"] is not None, alone=alone and not rest):
            return
        yield Person(name=first)
        if rest:
            return


def _is_author(name: str, *, bare: bool, alone: bool) -> bool:
    """Whether `name` can stand in such a line; after a mere "By" only a full name in Latin letters can."""
    if not byline_words.is_name(name) or byline_words.is_group(name):
        return False
    if byline_words.EASTERN.search(name):
        pen_name = alone and len(name) <= _PEN_NAME_CHARACTERS
        return not bare and (pen_name or byline_words.is_chinese_name(name))
    return byline_words.LATIN_NAME.fullmatch(name) is not None or (alone and not bare and " " not in name)


def _source_line(evidence: _Evidence) -> Byline:
    """Read "来源：新华社"."""
    for line in evidence.lines:
        if line.aside or len(line.text) > SOURCE_CHARACTERS or not any(mark in line.text for mark in ":：丨|｜"):
            continue
        match = byline_words.SOURCE.search(line.text)
        publisher = _clean(match["name"]) if match else ""
        if publisher:
            return Byline(publisher=publisher)
    return Byline()


EVIDENCE: tuple[Callable[[_Evidence], Byline], ...] = (_selected, _linked, _marked, _staff, _author_line, _source_line)


def _text(node: Any) -> str:  # noqa: ANN401 (selectolax)
    return " ".join((node.text() or "").split())
