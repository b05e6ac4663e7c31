"""The open sets of feedsvc, each in one literal table: what their members are called, and what others must know of them.

    FORMATS    what feeds are published in            behaviour: one file in `formats/`
    KINDS      where articles come from               behaviour: one file in `sources/`
    FORMS      what a draft was read from             behaviour: one file or folder in `parsers/`
    EVIDENCE   what a publication date was read from  behaviour: `rules/dates/`

Data only: this stands on the ground floor, so that rooms that do not know each other (`config`, `formats`, `rules`, `serve`)
have one list and not one each. A member's behaviour is named as an entry point names an object, "package.module:object",
and is imported when it is used first. Columns of articles have their table in `feedsvc.model.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

ATOM_TYPE: Final = "application/atom+xml"
RSS_TYPE: Final = "application/rss+xml"
JSON_FEED_TYPE: Final = "application/feed+json"
OPML_TYPE: Final = "text/x-opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a feed is published in. All formats are UTF-8."""

    name: str  # also the extension of its documents: letters a-z and digits
    label: str  # for people, on links
    media_type: str  # without parameters
    behaviour: str  # a `feedsvc.formats.feed_format.FeedFormat`
    usual: bool = False  # in `feeds.formats` unless the configuration says otherwise
    pages: bool = False  # in `feeds.archive_formats` unless the configuration says otherwise

    @property
    def content_type(self) -> str:
        """Return the media type as HTTP and object stores want it."""
        return f"{self.media_type}; charset=utf-8"


def _table(*members: _Member) -> Mapping[str, _Member]:
    """Return the members by name.

    Raises:
        ValueError: two have one name.
    """
    found = {each.name: each for each in members}
    if len(found) < len(members):
        raise ValueError(f"two members of {type(members[0]).__name__} share a name: {[each.name for each in members]}")
    return found


_Member = TypeVar("_Member", bound="Format")

# Best first: where one document of a feed is named, it is the first of these that there is.
FORMATS: Mapping[str, Format] = _table(
    Format(
        name="atom",
        label="Atom",
        media_type=ATOM_TYPE,
        behaviour="feedsvc.formats.atom:FORMAT",
        usual=True,
        pages=True,
    ),
    Format(name="rss", label="RSS", media_type=RSS_TYPE, behaviour="feedsvc.formats.rss:FORMAT", usual=True),
    Format(
        name="json", label="JSON", media_type=JSON_FEED_TYPE, behaviour="feedsvc.formats.jsonfeed:FORMAT", usual=True
    ),
)
USUAL_FORMATS: Final = tuple(each.name for each in FORMATS.values() if each.usual)
USUAL_PAGE_FORMATS: Final = tuple(each.name for each in FORMATS.values() if each.pages)
# Content-Type of every document below the folder of feeds, by its extension
CONTENT_TYPES: Final[Mapping[str, str]] = {
    **{name: each.content_type for name, each in FORMATS.items()},
    "opml": f"{OPML_TYPE}; charset=utf-8",
}
