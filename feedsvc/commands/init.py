"""`feedsvc init`: a first configuration, a first post, an archive."""

from __future__ import annotations

from pathlib import Path

import click

from feedsvc.errors import ConfigError

_CONFIG = """\
# The configuration of feedsvc. `feedsvc check` names every mistake in it.

[service]
title    = "My archive"
url      = "http://127.0.0.1:8001"   # public base of every id, link and feed
archive  = "archive"                 # database, captures and feeds live here
timezone = "UTC"                     # for dates that do not name theirs: an IANA name
# media  = "images"                  # keep the pictures of articles too

[serve]
host = "127.0.0.1"
port = 8001

[feeds]
formats = ["atom", "rss", "json"]
entries = 50                         # length of a feed

[[source]]                           # a directory of Markdown and HTML posts
name  = "posts"
kind  = "directory"
path  = "content"
every = "10m"

# [[source]]                         # a remote feed
# name = "planet"
# kind = "feed"
# url  = "https://planet.example.org/atom.xml"
# categories = ["planet"]            # for articles that name none

# [[feed]]                           # a feed of your own choice: /feeds/custom/archives.atom
# slug   = "archives"
# search = "archive OR feed"
"""
_POST = """\
---
title: Hello, archive
date: 2026-01-01 12:00:00
categories: [notes]
---

This post stands in `content/`. Change it and run `feedsvc ingest`: the archive keeps both versions,
and those who subscribe see the new one.
"""


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make config.toml, content/ with a first post, and archive/ in DIR; nothing that is there is touched."""
    files = {folder / "config.toml": _CONFIG, folder / "content" / "hello.md": _POST}
    if (folder / "config.toml").exists():
        raise ConfigError(f"{folder / 'config.toml'} is there already; edit it, or choose another directory")
    try:
        (folder / "archive").mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text(text, encoding="utf-8")
                click.echo(f"made {path}")
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error}") from error
    where = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"next: {where}feedsvc ingest && feedsvc run")
