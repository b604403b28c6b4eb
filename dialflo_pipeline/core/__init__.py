"""The shared base: declarations, settings, single values, errors. Imports nothing else of the package."""
