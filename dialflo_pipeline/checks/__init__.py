"""Checks of what is in the warehouse, before it is published: what is looked for, where, and what is said of it.

A check is one query that returns the rows at fault. Some follow from the declarations (`declared.py`), the others are
the files of `sql/checks/` (`files.py`). Counts and names are told of what is found, never values of a person.
"""
