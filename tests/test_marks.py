"""What the mark of an item covers is written out: a new field of a draft or a source has to be put on one side or the other."""

from __future__ import annotations

from dataclasses import fields

from feedsvc import reconcile
from feedsvc.model import Draft, Source


def test_every_field_of_a_draft_counts_or_is_said_not_to() -> None:
    assert sorted(reconcile.SAID + reconcile.NOT_SAID) == sorted(each.name for each in fields(Draft))


def test_every_field_of_a_source_counts_or_is_said_not_to() -> None:
    assert sorted(reconcile.CONFIGURED + reconcile.NOT_CONFIGURED) == sorted(each.name for each in fields(Source))
