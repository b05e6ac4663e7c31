"""The fingerprint of a remote document: what its server gave us to ask with next time, and what we last saw. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

MAX_FINGERPRINT = 4096  # bytes, see RawDocument.fingerprint
RENEW_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What is remembered of the last whole answer."""

    etag: str = ""
    last_modified: str = ""
    digest: str = ""  # SHA-256 of the body, hex
    fetched_at: str = ""  # ISO 8601, UTC
    feed_url: str = ""  # where the configured page's feed was found
    history: str = ""  # how far its past was walked: see `feedsvc.sources.history`
    missed: str = ""  # when what is looked for was missed, and how far that went: as `history`
    unfinished: str = ""  # not empty: pages of its entries are still wanted, so the whole is asked for

    @classmethod
    def parse(cls, fingerprint: str) -> Validators:
        """Return what `fingerprint` says; one that we did not write says nothing, and costs one whole fetch."""
        try:
            fields = json.loads(fingerprint or "{}")
            said = {name: fields.get(name) for name in cls.__slots__}
            return cls(**{name: value for name, value in said.items() if isinstance(value, str)})
        except (ValueError, AttributeError):
            return cls()

    def dump(self) -> str:
        """Return the fingerprint, at most 4 KiB; validators that are too long for it are left out."""
        text = json.dumps({name: value for name, value in asdict(self).items() if value}, ensure_ascii=False)
        if len(text.encode()) <= MAX_FINGERPRINT:
            return text
        kept = {"digest": self.digest, "fetched_at": self.fetched_at, "history": self.history, "missed": self.missed}
        return json.dumps({name: value for name, value in kept.items() if value})

    def is_due(self, now: datetime, days: float) -> bool:
        """Whether a whole, unconditional answer is due: a server that says 304 for ever is not believed for ever."""
        return self._older_than(now, timedelta(days=days))

    def is_worth_renewing(self, newer: Validators, now: datetime, days: float) -> bool:
        """Whether to store `newer` although the body is the same: its validators would save fetches, or the time ran out.

        At most once a day, for some servers make up a new ETag for each answer.
        """
        changed = (self.etag, self.last_modified) != (newer.etag, newer.last_modified)
        return self.is_due(now, days) or (changed and self._older_than(now, RENEW_AFTER))

    def _older_than(self, now: datetime, age: timedelta) -> bool:
        try:
            then = datetime.fromisoformat(self.fetched_at)
        except ValueError:
            return True
        return now - (then if then.tzinfo else then.replace(tzinfo=UTC)) >= age


def digest_of(body: bytes) -> str:
    """Return the SHA-256 of `body`, hex."""
    return hashlib.sha256(body).hexdigest()
