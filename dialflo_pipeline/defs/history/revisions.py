"""Which revision of their tables Dagster's SQLite files have, without reading through all of its migrations."""

from sqlalchemy import Column, Connection, Engine, MetaData, PrimaryKeyConstraint, String, Table, inspect, select

# As Dagster's own tool for migrations makes it.
_REVISIONS = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def revisions_in(engine: Engine) -> list[str]:
    """What a file is stamped with; nothing if it is new, or not finished."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_REVISIONS.name):
            return []
        return list(connection.execute(select(_REVISIONS.c.version_num)).scalars())


def stamp(connection: Connection, revisions: list[str]) -> None:
    """Note that a file has tables of these revisions."""
    _REVISIONS.create(connection)
    connection.execute(_REVISIONS.insert(), [{"version_num": revision} for revision in revisions])
    connection.commit()
