"""The import bundle for Apache Superset: database, datasets, charts and dashboard."""
