"""The nouns of feedsvc: frozen values that flow from a source to a feed.

    Source -> RawDocument -> Draft -> Article -> Verdict -> Batch -> Entry -> FeedSpec
                      `---------`------ Failure (a value too)

Two types for two truths: a `Draft` is what a document *says* (strings, untrusted); an `Article` is what we *vouch for*.
Everything here is pure data; times are `datetime` in UTC, lengths are bytes and durations seconds unless a field says otherwise.

- `origin`: What is configured: where articles come from, and how they are asked for.
- `document`: What was read and what it says: strings, untrusted.
- `article`: What we vouch for, and what was decided of it.
- `outlet`: What is emitted: entries as the archive holds them, and the feeds that show them.
- `picture`: Pictures of articles that are kept: what is wanted, and what came of it.
"""

from feedsvc.model.article import Article, Batch, Digested, Gap, Hints, Key, KeyKind, Known, RunReport, Verdict
from feedsvc.model.document import (
    BodyKind,
    Draft,
    Enclosure,
    Failure,
    FeedHead,
    Figure,
    Parsed,
    Person,
    RawDocument,
    Repair,
    Skip,
)
from feedsvc.model.origin import CategoryPath, FetchSettings, Media, Missed, PageRules, Source, SourceRules
from feedsvc.model.outlet import Entry, FeedSpec, Member, Members, Selection, Tombstone
from feedsvc.model.picture import Illustrated, Picture, PictureRole, Wanted

__all__ = [
    "Article",
    "Batch",
    "BodyKind",
    "CategoryPath",
    "Digested",
    "Draft",
    "Enclosure",
    "Entry",
    "Failure",
    "FeedHead",
    "FeedSpec",
    "FetchSettings",
    "Figure",
    "Gap",
    "Hints",
    "Illustrated",
    "Key",
    "KeyKind",
    "Known",
    "Media",
    "Member",
    "Members",
    "Missed",
    "PageRules",
    "Parsed",
    "Person",
    "Picture",
    "PictureRole",
    "RawDocument",
    "Repair",
    "RunReport",
    "Selection",
    "Skip",
    "Source",
    "SourceRules",
    "Tombstone",
    "Verdict",
    "Wanted",
]
