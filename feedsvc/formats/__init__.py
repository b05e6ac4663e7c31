"""Entries -> documents: the formats that a feed is published in. Pure: no clock, no neighbours, the same bytes always.

    Entry --item()--> Item --FeedFormat.entry--> fragment     kept as long as the entry does not change
    FeedSpec --head()--> Head, fragments --FeedFormat.document--> bytes

To add a format: one file here with `FORMAT`, a `FeedFormat`, and one line in `feedsvc.model.catalog.FORMATS`. An
installed package adds one by an entry point (docs/plugins.md).
"""

from __future__ import annotations

from feedsvc import plugins
from feedsvc.formats.feed_format import checked, guarded
from feedsvc.model import catalog
from feedsvc.model.members import Members

# By name, best first, as readers read them; a format is imported when it is used first.
FORMATS = Members(catalog.FORMATS, lambda each: each.behaviour, checked, group=plugins.FORMATS, guard=guarded)
