"""config.toml -> Config, naming every problem at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feedsvc.model import FeedSpec, FetchSettings, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """The `[serve]` table."""

    host: str = "127.0.0.1"
    port: int = 8001
    public: bool = False  # only archive.db is opened, SQL is guarded


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsConfig:
    """The `[feeds]` table."""

    formats: tuple[str, ...] = ("atom", "rss", "json")
    entries: int = 50
    content: Literal["full", "summary"] = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration without mistakes."""

    title: str = "feedsvc"
    url: str = "http://127.0.0.1:8001"  # public base of every id, link and feed; no "/" at the end
    archive: str = "archive"  # absolute directory
    timezone: str = "UTC"
    language: str = ""
    workers: int = 0  # processes for parsing and normalising; 0 = in this process
    serve: ServeConfig = ServeConfig()
    feeds: FeedsConfig = FeedsConfig()
    fetch: FetchSettings = FetchSettings()
    sources: tuple[Source, ...] = ()
    custom: tuple[FeedSpec, ...] = ()  # one for each [[feed]]
