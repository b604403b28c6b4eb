"""Telling people what is wrong: which cause is to be told, in which words, and by which channel. No Dagster here."""
