"""Draft -> Article: the rules, in the order in which they are applied.

Pure: no clock, no file, no network. To add a rule: one function `(Case, Findings) -> Findings` in a file of this
folder, one line in `RULES`, and one golden case under `tests/goldens/articles`.
"""
