"""Find the configuration file, and read it with its secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import feedsvc
from feedsvc.config import Config, parse_config
from feedsvc.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG_NAME = "config.toml"
_SECRET_BYTES = 65536


def find_config(given: str | None) -> Path:
    """Return the configuration file: `given`, else ./config.toml, else $FEEDSVC_CONFIG.

    Raises:
        ConfigError: there is no such file.
    """
    if given is not None:
        path = Path(given)
        if not path.is_file():
            raise ConfigError(f"{given}: no such file; `feedsvc init` makes a configuration")
        return path
    named = os.environ.get("FEEDSVC_CONFIG", "")
    for path in (Path(CONFIG_NAME), Path(named)):
        if str(path) != "." and path.is_file():
            return path
    raise ConfigError(
        f"no {CONFIG_NAME} in {Path.cwd()}; run `feedsvc init` to make one, or name one with --config PATH"
    )


def read_config(path: Path) -> Config:
    """Return the configuration in the file at `path`.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong; every problem is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse_text(path, text)


def parse_text(path: Path, text: str) -> Config:
    """Return the configuration that `text` (TOML) holds, as if it were the content of the file at `path`.

    Raises:
        ConfigError: something in it is wrong; every problem is named.
    """
    folder = path.absolute().parent
    try:
        config = parse_config(text, folder=str(folder), version=feedsvc.__version__, secret=secrets_of(folder))
    except ConfigError as error:
        raise ConfigError(*(f"{path}: {problem}" for problem in error.problems)) from error
    return config


def secrets_of(folder: Path) -> Callable[[str], str]:
    """Return a resolver of "env:NAME" and "file:PATH" (relative to `folder`)."""

    def secret(reference: str) -> str:
        where, _, name = reference.partition(":")
        if where == "env":
            if name not in os.environ:
                raise ValueError(f"the environment has no variable {name!r}")
            return os.environ[name]
        try:
            with (folder / name).open(encoding="utf-8") as file:
                return file.read(_SECRET_BYTES).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the file {name!r} cannot be read: {error}") from error

    return secret
