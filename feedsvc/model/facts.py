"""What is vouched for of an article, each fact once: its type, its column of `articles`, and what that means. Pure.

Rules find facts, an `Article` has them, the archive stores them, and Datasette describes them: all from the class `Facts`. A fact
that later rules read is a field of `feedsvc.rules.case.Findings` too; the others are told with `Findings.knowing`.

To add a fact with a column: its line here, a rule that finds it, and a migration in `feedsvc/store/schema.py`. With a `label`
the page of an article shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from feedsvc.model.catalog import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feedsvc.model.document import Enclosure, Person
    from feedsvc.model.origin import CategoryPath

Stored = Literal["value", "optional", "time", "list", "records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of `articles`."""

    name: str
    meaning: str  # for people; shown by Datasette
    stored: Stored  # "value" = as it is, "optional" = null for "", "time" = ISO 8601, "list" and "records" = JSON
    label: str  # with it, the page of an article shows the value among its record; "" = not, or in a way of its own


def column(default: Any, meaning: str, *, stored: Stored = "value", label: str = "") -> Any:  # noqa: ANN401
    """Return a field of a dataclass that has a column of the same name; `default` is `MISSING` where there is none."""
    return field(default=default, metadata={"meaning": meaning, "stored": stored, "label": label})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules find out of a document; everything but the fields without a column is stored in `articles`."""

    url: str = column("", "Address of the original; empty when not known", stored="optional")  # absolute http(s)
    title: str = column("", "Plain text")  # of an article never blank
    publisher: str = column("", "Paper or site that published it")
    published: datetime | None = column(  # noqa: RUF009 - a field and no value; UTC
        None, "When it was published (UTC); empty when the source does not say: no date is invented", stored="time"
    )
    published_from: str = column(  # a name in `feedsvc.model.catalog.EVIDENCE`
        "",
        f"Where that date was found, weakest first: {', '.join(filter(None, EVIDENCE))}",
    )
    published_raw: str = column("", "The text that the date was read from")
    modified: datetime | None = column(None, "What the document says of its last change (UTC)", stored="time")  # noqa: RUF009
    language: str = column("", "BCP 47; empty when not known")
    image: str = column("", "Address of its picture, never a placeholder", stored="optional")  # absolute http(s)
    summary: str = column("", "Plain text")
    tags: tuple[str, ...] = column((), "JSON array of words", stored="list")
    enclosures: tuple[Enclosure, ...] = column((), "JSON array of files that go with it", stored="records")
    text: str = column("", "The content as plain text, for searching")  # a blank line between paragraphs
    content: str = column("", "The content as sanitised HTML")  # links absolute where a base is known

    people: tuple[Person, ...] = ()
    categories: tuple[CategoryPath, ...] = ()
    links: tuple[str, ...] = ()  # hrefs of the content, in order, each once
    images: tuple[str, ...] = ()  # real pictures of the content, in order, each once


FACTS = tuple(each.name for each in fields(Facts))


def columns_of(kind: type) -> Mapping[str, Column]:
    """Return the columns of the dataclass `kind`, by name, in the order of its fields."""
    return {each.name: Column(name=each.name, **each.metadata) for each in fields(kind) if each.metadata}
