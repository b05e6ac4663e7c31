"""`python -m feedsvc` and the console script `feedsvc`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from feedsvc.commands import cli  # noqa: PLC0415 - so that `import feedsvc.__main__` costs nothing

    cli()


if __name__ == "__main__":
    main()
