"""Every key of config.toml on one screen: its converter, its default as written, and what it means.

To add a key: one line here, and the field of the dataclass it fills. The documentation is checked against this table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feedsvc.config import converters as v
from feedsvc.model.catalog import FORMATS, KINDS, USUAL_FORMATS, USUAL_PAGE_FORMATS
from feedsvc.model.layout import CODING_SUFFIXES
from feedsvc.pictures import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MEDIA = ("none", "images")


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One key: how its value is read, its default as a person would write it, and what it means (with its unit)."""

    convert: Callable[..., Any]
    default: str
    meaning: str


SERVICE: Mapping[str, ConfigKey] = {
    "title": ConfigKey(v.text, '"feedsvc"', "name of the service, shown on pages and in feeds"),
    "url": ConfigKey(v.web_address, '"http://127.0.0.1:8001"', "public base of every id, link and feed"),
    "archive": ConfigKey(v.text, '"archive"', "directory of database, captures and feeds; relative to config.toml"),
    "timezone": ConfigKey(v.zone, '"UTC"', "IANA zone of dates that do not name theirs, and of times shown to people"),
    "language": ConfigKey(v.text, '""', "BCP 47 language of the service's own texts in feeds"),
    "workers": ConfigKey(v.integer(0, 64), "0", "processes for parsing and normalising; 0 = in the process itself"),
    "media": ConfigKey(v.one_of(MEDIA), '"none"', '"images" = the pictures of articles are kept beside the archive'),
}
SERVE: Mapping[str, ConfigKey] = {
    "host": ConfigKey(v.text, '"127.0.0.1"', "address to listen on"),
    "port": ConfigKey(v.integer(0, 65535), "8001", "port to listen on; 0 = any free one"),
    "public": ConfigKey(v.boolean, "false", "true = for the open internet: only archive.db is opened, SQL is guarded"),
    "hosts": ConfigKey(
        v.host_names,
        "[]",
        'private: further names that are answered, such as "nas.lan"; loopback and the host of `service.url` always are',
    ),
    "cors": ConfigKey(v.boolean, "false", "true = web pages of other origins may read JSON and CSV"),
    "login": ConfigKey(
        v.text, '""', "public: secret that opens /-/operator to you; `env:NAME` or `file:PATH`, 32 characters or more"
    ),
}
FEEDS: Mapping[str, ConfigKey] = {
    "formats": ConfigKey(v.some_of(FORMATS), json.dumps(USUAL_FORMATS), "formats to emit"),
    "archive_formats": ConfigKey(
        v.some_of(FORMATS),
        json.dumps(USUAL_PAGE_FORMATS),
        "formats of closed archive pages; those of `formats` that are among them",
    ),
    "compress": ConfigKey(
        v.any_of(CODING_SUFFIXES), '["gzip"]', "codings that feeds lie ready in: gzip, br, zstd; [] = none"
    ),
    "entries": ConfigKey(v.integer(1, 1000), "50", "length of a feed, in entries"),
    "content": ConfigKey(v.one_of(("full", "summary")), '"full"', "whole articles or summaries"),
    "hub": ConfigKey(v.web_address, '""', "WebSub hub that feeds name, and that is told when they change"),
}
PUBLISH: Mapping[str, ConfigKey] = {
    "to": ConfigKey(v.place, '""', "where the feeds are published too: `s3://bucket/prefix`, or a directory"),
    "gzip": ConfigKey(v.boolean, "false", "buckets: objects are compressed, and say so (`Content-Encoding: gzip`)"),
    "endpoint": ConfigKey(v.web_address, '""', "buckets: address of a store other than Amazon's"),
    "region": ConfigKey(v.text, '""', "buckets: region; else `AWS_REGION` of the environment"),
    "access_key": ConfigKey(
        v.text, '""', "buckets: `env:NAME` or `file:PATH`; else `AWS_ACCESS_KEY_ID` of the environment"
    ),
    "secret_key": ConfigKey(v.text, '""', "buckets: `env:NAME` or `file:PATH`; else `AWS_SECRET_ACCESS_KEY`"),
}
FETCH: Mapping[str, ConfigKey] = {
    "user_agent": ConfigKey(v.text, '"feedsvc/<version> (+<url>)"', "User-Agent header"),
    "allow_networks": ConfigKey(
        v.networks, "[]", "networks that may be fetched from although they are not public (CIDR)"
    ),
    "connect_seconds": ConfigKey(v.seconds, "10", "longest time for DNS, TCP and TLS, in seconds"),
    "silence_seconds": ConfigKey(v.seconds, "20", "longest wait between two bytes, in seconds"),
    "total_seconds": ConfigKey(v.seconds, "60", "longest time of one attempt in all, in seconds"),
    "max_bytes": ConfigKey(v.size, '"16MiB"', "largest document, on the wire and decoded, in bytes"),
    "max_redirects": ConfigKey(v.integer(0, 20), "5", "redirects followed"),
    "max_url": ConfigKey(v.integer(100, 65536), "2048", "longest URL, in characters"),
    "retries": ConfigKey(v.integer(0, 5), "1", "further attempts inside one poll, for transient errors"),
    "host_gap_seconds": ConfigKey(v.seconds, "1", "between two requests to one host, in seconds"),
    "full_fetch_days": ConfigKey(v.days, "7", "an unconditional fetch at least this often, in days"),
}
PICTURES: Mapping[str, ConfigKey] = {
    "max_bytes": ConfigKey(v.size, '"8MiB"', "largest picture, in bytes"),
    "total_bytes": ConfigKey(v.size, '"10GiB"', "all kept pictures together, in bytes; beyond, no further one is kept"),
    "per_run": ConfigKey(v.integer(1, 100_000), "200", "pictures fetched in one run"),
    "run_seconds": ConfigKey(v.seconds, "60", "longest time that one run takes for pictures, in seconds"),
    "tries": ConfigKey(v.integer(1, 20), "6", "failed tries after which a picture is given up"),
    "types": ConfigKey(
        v.some_of(NAMES), '["png", "jpeg", "gif", "webp", "avif"]', "types that are kept, by their bytes"
    ),
}
RULES: Mapping[str, ConfigKey] = {
    "category_map": ConfigKey(v.mapping, "{}", 'category path as found -> path wanted; "" drops it'),
    "placeholder_hosts": ConfigKey(v.texts, "[]", "hosts whose pictures are placeholders"),
    "content": ConfigKey(v.text, '""', "CSS selector of the article in the body"),
    "date": ConfigKey(v.text, '""', "CSS selector of the publication date"),
    "author": ConfigKey(v.text, '""', "CSS selector of the author"),
    "title": ConfigKey(v.text, '""', "CSS selector of the title"),
    "drop": ConfigKey(v.texts, "[]", "CSS selectors of what is left out"),
}
PAGE: Mapping[str, ConfigKey] = {
    "item": ConfigKey(v.text, '""', "CSS selector of one entry; else found out"),
    "title": ConfigKey(v.text, '""', "CSS selector of its title, inside the entry"),
    "link": ConfigKey(v.text, '""', "CSS selector of the link to its article"),
    "date": ConfigKey(v.text, '""', "CSS selector of its date"),
    "summary": ConfigKey(v.text, '""', "CSS selector of its text"),
    "image": ConfigKey(v.text, '""', "CSS selector of its picture"),
}
SOURCE: Mapping[str, ConfigKey] = {
    "name": ConfigKey(v.name, "(required)", "unique name; part of ids: renaming a source makes new articles"),
    "kind": ConfigKey(v.one_of(KINDS), "(required)", "what it is: " + ", ".join(KINDS.own)),
    "path": ConfigKey(v.text, '""', "directory or file; relative to config.toml"),
    "url": ConfigKey(v.url, '""', "address of a remote source"),
    "title": ConfigKey(v.text, '""', "name for people; else what the source calls itself"),
    "every": ConfigKey(v.seconds, '"10m" for directories', "time between two polls; remote sources without it adapt"),
    "cron": ConfigKey(v.cron, '""', "crontab expression in the service's zone; instead of `every`"),
    "watch": ConfigKey(v.boolean, "false", "directories: look every two seconds"),
    "categories": ConfigKey(v.paths, "[]", "category paths of articles that name none"),
    "prefix": ConfigKey(v.path, '""', "category path put above those that are named"),
    "timezone": ConfigKey(v.zone, "service.timezone", "IANA zone of dates that do not name theirs"),
    "language": ConfigKey(v.text, '""', "BCP 47 language of its articles; else detected"),
    "include": ConfigKey(
        v.texts, '["**/*.md", "**/*.markdown", "**/*.html", "**/*.htm"]', "directories: globs to read"
    ),
    "exclude": ConfigKey(v.texts, "[]", "directories: globs to leave out"),
    "drafts": ConfigKey(v.boolean, "false", "true = drafts are archived too"),
    "base_url": ConfigKey(v.url, '""', "directories: what relative links are relative to"),
    "math": ConfigKey(v.boolean, "false", r"directories: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` of Markdown are formulas"),
    "full_text": ConfigKey(
        v.boolean, "false", "feeds and pages: the page of each article is fetched too, and its text taken"
    ),
    "history": ConfigKey(v.boolean, "false", "feeds: what came before is fetched once, where the feed has it"),
    "history_pages": ConfigKey(v.integer(1, 10_000), "200", "documents of the past that are fetched in all"),
    "pages_per_run": ConfigKey(v.integer(1, 5_000), "50", "pages of articles or of the past fetched in one run"),
    "robots": ConfigKey(v.boolean, "true", "pages: robots.txt and its crawl delay are honoured; feeds never ask"),
    "page": ConfigKey(v.table, "{}", "pages: where the entries are: the table [source.page]"),
    "media": ConfigKey(
        v.one_of(MEDIA), "service.media", '"images" = the pictures of its articles are kept; "none" = not'
    ),
    "enabled": ConfigKey(v.boolean, "true", "false = not polled; its articles stay"),
    "headers": ConfigKey(v.mapping, "{}", "request headers; `env:NAME` and `file:PATH` keep secrets out of this file"),
    "username": ConfigKey(v.text, '""', "basic authentication"),
    "password": ConfigKey(v.text, '""', "basic authentication; `env:NAME` or `file:PATH`"),
    "token": ConfigKey(v.text, '""', "bearer token; `env:NAME` or `file:PATH`"),
    "cookies": ConfigKey(v.mapping, "{}", "cookies; `env:NAME` or `file:PATH`"),
    "proxy": ConfigKey(v.secret_url, '""', "HTTP proxy; `env:NAME` or `file:PATH`"),
    "rules": ConfigKey(v.table, "{}", "what is peculiar to its documents: the table [source.rules]"),
    **FETCH,
}
FEED: Mapping[str, ConfigKey] = {
    "slug": ConfigKey(v.name, "(required)", "name of the feed in its address: /feeds/custom/<slug>.atom"),
    "title": ConfigKey(v.text, "the slug", "name for people"),
    "description": ConfigKey(v.text, '""', "one sentence for people"),
    "category": ConfigKey(v.path, '""', "articles of this category path and below"),
    "source": ConfigKey(v.text, '""', "articles of this source"),
    "author": ConfigKey(v.text, '""', "articles by this author"),
    "language": ConfigKey(v.text, '""', "articles in this language"),
    "search": ConfigKey(
        v.search_words, '""', "articles that the search page finds for these words; `NOT x` alone is everything but x"
    ),
    "sql": ConfigKey(v.text, '""', "a read-only query over archive.db that returns article ids"),
    **{name: FEEDS[name] for name in ("formats", "entries", "content")},
}

TABLES: Mapping[str, Mapping[str, ConfigKey]] = {
    "service": SERVICE,
    "serve": SERVE,
    "feeds": FEEDS,
    "publish": PUBLISH,
    "fetch": FETCH,
    "media": PICTURES,
    "source": SOURCE,
    "source.rules": RULES,
    "source.page": PAGE,
    "feed": FEED,
}
KEYS: Mapping[str, ConfigKey] = {f"{table}.{name}": key for table, keys in TABLES.items() for name, key in keys.items()}
