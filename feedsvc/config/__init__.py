"""config.toml -> Config, naming every problem at once, with its key and its remedy.

Pure: the text, the folder it stands in and a resolver of secrets are arguments. `feedsvc.config.keys` holds every key.
"""

from __future__ import annotations

import difflib
import posixpath
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from feedsvc.config.keys import FEED, KEYS, PAGE, RULES, SOURCE, TABLES, ConfigKey
from feedsvc.errors import ConfigError
from feedsvc.model import FeedSpec, FetchSettings, Media, PageRules, Selection, Source, SourceRules, layout
from feedsvc.model.catalog import KINDS, USUAL_FORMATS, USUAL_PAGE_FORMATS, options
from feedsvc.pictures import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from feedsvc.model.catalog import Kind

__all__ = ["KEYS", "Config", "FeedsConfig", "PicturesConfig", "PublishConfig", "ServeConfig", "parse_config"]

_FETCH_FIELDS = frozenset(each.name for each in fields(FetchSettings))
SHORTEST_LOGIN = 32  # characters; nobody guesses that many, so that tries need not be counted
_SECRETS = ("login", "password", "token", "proxy", "access_key", "secret_key")
_SECRET_TABLES = ("headers", "cookies")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """The `[serve]` table."""

    host: str = "127.0.0.1"
    port: int = 8001
    public: bool = False  # only archive.db is opened, SQL is guarded
    hosts: tuple[str, ...] = ()  # names that a private server answers to, beside loopback and the host of `service.url`
    cors: bool = False  # pages of other origins may read JSON and CSV
    login: str = field(default="", repr=False)  # secret of the operator in public; "" = nobody is let in


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsConfig:
    """The `[feeds]` table."""

    formats: tuple[str, ...] = USUAL_FORMATS
    archive_formats: tuple[str, ...] = USUAL_PAGE_FORMATS  # of closed pages
    compress: tuple[str, ...] = ("gzip",)  # content codings that subscription documents lie ready in
    entries: int = 50
    content: Literal["full", "summary"] = "full"
    hub: str = ""  # of WebSub; "" = none


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturesConfig:
    """The `[media]` table: what pictures may cost."""

    max_bytes: int = 8 << 20  # of one
    total_bytes: int = 10 << 30  # of all that are kept
    per_run: int = 200  # fetched in one run
    run_seconds: float = 60.0  # one run in all
    tries: int = 6  # that failed, before one is given up
    types: tuple[str, ...] = NAMES  # names of `feedsvc.pictures.TYPES`


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishConfig:
    """The `[publish]` table."""

    to: str = ""  # "s3://bucket/prefix", or an absolute directory; "" = nowhere
    gzip: bool = False  # objects are compressed
    endpoint: str = ""
    region: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Where it is, without secrets: two buckets of one name at two endpoints are two places."""
        return f"{self.to} at {self.endpoint}" if self.endpoint else self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration without mistakes."""

    title: str = "feedsvc"
    url: str = "http://127.0.0.1:8001"  # public base of every id, link and feed; no "/" at the end
    archive: str = "archive"  # absolute directory
    timezone: str = "UTC"
    language: str = ""
    workers: int = 0  # processes for parsing and normalising; 0 = in this process
    media: Media = "none"  # what is kept of the sources that do not say, or are configured no more
    pictures: PicturesConfig = PicturesConfig()
    serve: ServeConfig = ServeConfig()
    feeds: FeedsConfig = FeedsConfig()
    publish: PublishConfig = PublishConfig()
    fetch: FetchSettings = field(default_factory=FetchSettings)
    sources: tuple[Source, ...] = ()
    custom: tuple[FeedSpec, ...] = ()  # one for each [[feed]]


class _Problems(list[str]):
    """What is wrong, in the order of the file."""

    def values(self, table: str, raw: object, keys: Mapping[str, ConfigKey]) -> dict[str, Any]:
        """Convert what can be converted of `raw`, and note the rest under `table`."""
        if not isinstance(raw, dict):
            self.append(f"{table}: must be a table, not {raw!r}")
            return {}
        found: dict[str, Any] = {}
        for name, value in raw.items():
            if name not in keys:
                near = difflib.get_close_matches(name, keys, n=1)
                hint = f"; did you mean `{near[0]}`?" if near else f"; known keys: {', '.join(keys)}"
                self.append(f"{table}.{name}: unknown key{hint}")
                continue
            try:
                found[name] = keys[name].convert(value)
            except (ValueError, TypeError) as error:
                self.append(f"{table}.{name}: {error}")
        return found


def parse_config(text: str, *, folder: str, version: str, secret: Callable[[str], str]) -> Config:
    """Return the configuration that `text` (TOML) holds.

    `folder` is the absolute directory that relative paths start from; `secret` turns "env:NAME" or "file:PATH" into the
    value, and raises ValueError where there is none.

    Raises:
        ConfigError: with every problem, each naming its key.
    """
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise ConfigError(f"not TOML: {error}") from error
    problems = _Problems()
    for name in raw.keys() - TABLES.keys():
        near = difflib.get_close_matches(name, TABLES, n=1)
        problems.append(f"{name}: unknown table" + (f"; did you mean `{near[0]}`?" if near else ""))
    service, serve, feeds, fetch, media, publish = (
        problems.values(name, raw.get(name, {}), TABLES[name])
        for name in ("service", "serve", "feeds", "fetch", "media", "publish")
    )
    config = Config(
        **{**service, "archive": _absolute(folder, service.get("archive", "archive"))},
        serve=_serve(serve, secret, problems),
        feeds=FeedsConfig(**feeds),
        pictures=PicturesConfig(**media),
    )
    fetch.setdefault("user_agent", f"feedsvc/{version} (+{config.url})")
    config = replace(
        config,
        fetch=FetchSettings(**fetch),
        publish=_publish(publish, folder, config.archive, secret, problems),
    )
    sources = _sources(raw.get("source", []), config, folder, secret, problems)
    lists = any(KINDS[source.kind].is_list for source in sources)  # what they hold is not known here
    custom = _custom(raw.get("feed", []), config, None if lists else _names(raw.get("source", [])), problems)
    if problems:
        raise ConfigError(*problems)
    return replace(config, sources=sources, custom=custom)


def _absolute(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _serve(values: dict[str, Any], secret: Callable[[str], str], problems: _Problems) -> ServeConfig:
    written = values.get("login", "")
    if written and not written.startswith(("env:", "file:")):
        problems.append("serve.login: a secret does not stand here; write env:NAME or file:PATH, and put it there")
        return ServeConfig()
    before = len(problems)
    _reveal("serve", values, secret, problems)
    if written and len(problems) == before and len(values["login"]) < SHORTEST_LOGIN:
        problems.append(
            f"serve.login: the secret is shorter than {SHORTEST_LOGIN} characters, and could be guessed;"
            " make one with `openssl rand -hex 32`"
        )
    return ServeConfig(**values)


def _publish(
    values: dict[str, Any], folder: str, archive: str, secret: Callable[[str], str], problems: _Problems
) -> PublishConfig:
    _reveal("publish", values, secret, problems)
    to = values.get("to", "")
    if not to.startswith("s3://"):
        problems += [
            f"publish.{key}: a directory has none; it is for buckets (s3://bucket/prefix)"
            for key in values
            if key != "to" and values[key]
        ]
        values["to"] = to = _absolute(folder, to) if to else ""
        if posixpath.commonpath([to or "/", archive]) in (to, archive):
            problems.append(f"publish.to: {to!r} and the archive must not lie in one another; name another directory")
    elif bool(values.get("access_key")) != bool(values.get("secret_key")):
        problems.append("publish: access_key and secret_key belong together; give both or none")
    return PublishConfig(**values)


def _tables(name: str, raw: object, problems: _Problems) -> list[Any]:
    if isinstance(raw, list):
        return raw
    problems.append(f"{name}: write [[{name}]] with two brackets; there can be several")
    return []


def _sources(
    raw: object, config: Config, folder: str, secret: Callable[[str], str], problems: _Problems
) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for number, table in enumerate(_tables("source", raw, problems), 1):
        label = f"source[{table.get('name', number) if isinstance(table, dict) else number}]"
        values = problems.values(label, table, SOURCE)
        rules = problems.values(f"{label}.rules", values.pop("rules", {}), RULES)
        if "page" in values:
            values["page"] = PageRules(**problems.values(f"{label}.page", values["page"], PAGE))
        _reveal(label, values, secret, problems)
        before = len(problems)
        if isinstance(table, dict):
            _check_source(label, values, table.keys() - values.keys(), problems)
        if values.get("name") in found:
            problems.append(f"{label}.name: {values['name']!r} is taken by an earlier source; names are unique")
        if len(problems) > before or not {"name", "kind"} <= values.keys() or not values.pop("enabled", True):
            continue
        found[values["name"]] = _source(values, SourceRules(**rules), config, folder)
    return tuple(found.values())


def _names(raw: object) -> set[str]:
    """Return the names that the tables give themselves: a source that is not `enabled` has a feed all the same."""
    tables = raw if isinstance(raw, list) else []
    return {name for table in tables if isinstance(table, dict) and isinstance(name := table.get("name"), str)}


def _check_source(label: str, values: Mapping[str, Any], refused: AbstractSet[str], problems: _Problems) -> None:
    """Note what is missing or too much; a key that was `refused` is there, and has had its problem."""
    for name in ("name", "kind"):
        if name not in values and name not in refused:
            problems.append(f"{label}.{name}: missing; every source has one")
    kind, path, url = values.get("kind"), values.get("path"), values.get("url")
    if kind:
        _check_place(label, KINDS[kind], path or "path" in refused, url or "url" in refused, problems)
    for key, kinds in options().items():
        if kind and values.get(key) and kind not in kinds:
            problems.append(f"{label}.{key}: a source of kind {kind!r} has none; it is for {' and '.join(kinds)}")
    if path and url:
        problems.append(f"{label}: has both path and url; keep one")
    if "every" in values and "cron" in values:
        problems.append(f"{label}: has both every and cron; keep one")


def _check_place(label: str, kind: Kind, path: object, url: object, problems: _Problems) -> None:
    """Note that a source does not say where it is: `path` and `url` are what it says, or that there was something wrong."""
    if kind.reads_from in ("directory", "file"):
        if not path:
            problems.append(f"{label}.path: missing; a {kind.name} source names its {kind.reads_from}")
    elif not url and not (kind.reads_from == "either" and path):
        problems.append(f"{label}.url: missing; a source of kind {kind.name!r} names its address")


def _reveal(label: str, values: dict[str, Any], secret: Callable[[str], str], problems: _Problems) -> None:
    """Put the secrets in the place of "env:NAME" and "file:PATH"."""

    def shown(key: str, value: str) -> str:
        try:
            return secret(value) if value.startswith(("env:", "file:")) else value
        except ValueError as error:
            problems.append(f"{label}.{key}: {error}")
            return ""

    for name in _SECRETS:
        if name in values:
            values[name] = shown(name, values[name])
    for name in _SECRET_TABLES:
        if name in values:
            values[name] = {key: shown(f"{name}.{key}", value) for key, value in values[name].items()}


def _source(values: dict[str, Any], rules: SourceRules, config: Config, folder: str) -> Source:
    """Put a checked `[[source]]` together; what it does not say of fetching, the service's `[fetch]` says."""
    fetch = {name: values.pop(name) for name in list(values) if name in _FETCH_FIELDS}
    path, url = values.pop("path", ""), values.pop("url", "")
    values.setdefault("timezone", config.timezone)
    values.setdefault("media", config.media)
    values.setdefault("every", None if "cron" in values else KINDS[values["kind"]].every)
    return Source(**values, location=url or _absolute(folder, path), rules=rules, fetch=replace(config.fetch, **fetch))


def _custom(raw: object, config: Config, sources: set[str] | None, problems: _Problems) -> tuple[FeedSpec, ...]:
    found: dict[str, FeedSpec] = {}
    for number, table in enumerate(_tables("feed", raw, problems), 1):
        label = f"feed[{table.get('slug', number) if isinstance(table, dict) else number}]"
        values = problems.values(label, table, FEED)
        refused = table.keys() - values.keys() if isinstance(table, dict) else FEED.keys()
        slug = values.pop("slug", "")
        chosen = {name: values.pop(name) for name in Selection.__slots__ if name in values}
        if not slug and "slug" not in refused:
            problems.append(f"{label}.slug: missing; every feed has one")
        if slug and slug in found:
            problems.append(f"{label}.slug: {slug!r} is taken by an earlier feed; slugs are unique")
        if not any(chosen.values()) and refused.isdisjoint(Selection.__slots__):
            problems.append(f"{label}: selects nothing; give it one of {', '.join(Selection.__slots__)}")
        if chosen.get("source") and sources is not None and chosen["source"] not in sources:
            problems.append(f"{label}.source: there is no source named {chosen['source']!r}")
        defaults = {"formats": config.feeds.formats, "entries": config.feeds.entries, "content": config.feeds.content}
        spec = {"title": slug, **defaults, **values}
        found[slug] = FeedSpec(path=layout.custom(slug), selection=Selection(**chosen), **spec)
    return tuple(found.values())
