"""The archive in SQLite: three files, one writer. `archive.Archive` is the `feedsvc.ports.Store`.

schema          the tables, as migrations
connection      opening, transactions, errors in our words
archive         the port: commit, newest, ...
batch_writer    one batch in one transaction, with related_rows (categories, authors), inserts, duplicates
queries         questions that write nothing
feed_pages      closed pages of feeds
captures        raw bytes
operations      runs, fetches, quarantine, due times
search_index    words for FTS5
slugs           category paths as file names
pictures/       kept pictures: their files and tables

To add a table or column: a migration at the end of `schema`, and its description where Datasette shows it.
"""
