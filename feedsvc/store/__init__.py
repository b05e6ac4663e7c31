"""The archive in SQLite: three files, which one thread of one process writes to.

schema          the tables, as migrations
connection      opening, transactions, errors in our words
owner           the thread that writes: it opens the archive, does what is sent to it, and closes it
archive         the files, open in one thread: commit, newest, ...
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
