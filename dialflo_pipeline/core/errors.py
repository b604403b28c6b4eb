"""Every error the pipeline raises on purpose, each with the exit code the command line gives it.

DialfloError                 1
├── PermanentError           1   asking again changes nothing until somebody acts
│   ├── UsageError           2   wrong arguments or wrong SQL
│   │   ├── SettingsError    2   one or more settings are wrong; lists all of them
│   │   └── NotPublished     2   there is no published warehouse to read yet
│   ├── TaskFileError        1   a task-id file of which nothing can be used
│   ├── TaskSourceError      1   the database of task ids cannot be read as it is set up
│   ├── TokenRefused         3   the API refused the token
│   ├── ModelError           1   a SQL model or check is not what its header says
│   ├── ChecksFailed         1   what was made must not be published
│   ├── DashboardFailed      1   all is published, but the page of it could not be made
│   └── DamagedFile          1   a stored file is not what was written
│       ├── DamagedRows      1   some of its answers are not those that were received
│       ├── Misplaced        1   it is whole, but another table's or day's
│       ├── Unsealed         1   nothing vouches for it: an older version or another program wrote it
│       └── DamagedWarehouse 1   it is a DuckDB file, and all in it is derived
└── TransientError           1   the same call may succeed later
    ├── TransportTrouble     1   a request ended without a whole answer
    ├── TaskSourceDown       1   the database of task ids does not answer
    ├── ApiDown              1   the API gave no answer to anything that was asked
    ├── RunKilled            1   the process of a run was killed before the run's end
    ├── NotificationError    1   a message to people could not be sent
    └── LockHeld             4   another run is at work on the same data

Messages name what was found, where, and the remedy. They never hold a payload, a phone number or the token.
"""

from pathlib import Path


class DialfloError(Exception):
    """Root of the tree: anything the pipeline can say in one sentence to a person."""

    exit_code = 1


class PermanentError(DialfloError):
    """Trying again will not help until somebody changes something."""


class TransientError(DialfloError):
    """The same call may succeed later."""


class UsageError(PermanentError):
    """The command, its arguments or its SQL are wrong."""

    exit_code = 2


class SettingsError(UsageError):
    """One or more settings are wrong; the message lists every one."""


class NotPublished(UsageError):
    """Nothing has been published yet, so there is nothing to read."""


class TaskFileError(PermanentError):
    """A task-id file of which nothing can be used."""


class TaskSourceError(PermanentError):
    """The database of task ids cannot be read as it is set up: its address, driver, password, query or columns."""


class TokenRefused(PermanentError):
    """The API refused the token; nothing was marked failed."""

    exit_code = 3


class ModelError(PermanentError):
    """A SQL model is not what its header says, or cannot be put in order with the others."""


class ChecksFailed(PermanentError):
    """A check that blocks publication found something; the message says what."""


class DashboardFailed(PermanentError):
    """Readers have what is published; only the page made from it is not there or not the newest."""


class DamagedFile(PermanentError):
    """A stored file cannot be read back as it was written."""

    def __init__(self, path: Path, remedy: str, found: str = "cannot be read back as it was written") -> None:
        super().__init__(f"{path} {found}. {remedy}")
        self.path, self.found = path, found


class DamagedRows(DamagedFile):
    """A file of raw answers some bodies of which are not those whose hashes stand beside them."""

    def __init__(self, path: Path, rows: int) -> None:
        found = f"holds {rows} {'answer' if rows == 1 else 'answers'} that did not come so (body_sha256)"
        super().__init__(path, "`dialflo sync` leaves out these and fetches their ids again.", found)


class Misplaced(DamagedFile):
    """A whole file of the lake in the place of another table or day."""

    def __init__(self, path: Path, remedy: str, home: str) -> None:
        super().__init__(path, remedy, f"belongs below {home}")
        self.home = home


class MissingChecksum(DamagedFile):
    """A derived file without a seal: an older version or another program wrote it, and it can be made anew."""


class DamagedWarehouse(DamagedFile):
    """A DuckDB file, private or published, that DuckDB cannot open or read."""


class TransportError(TransientError):
    """A request ended without a whole answer: connection, protocol, encoding or time."""


class TaskSourceDown(TransientError):
    """The database of task ids does not answer, or broke off."""


class ApiDown(TransientError):
    """The API is down or out of reach: what was asked for still waits."""


class RunKilled(TransientError):
    """The process of a run was killed, or the machine went down, before the run's end."""


class NotificationError(TransientError):
    """A message could not be handed to the channel that was to tell it."""


class LockHeld(TransientError):
    """Another run holds the lock of this data directory."""

    exit_code = 4
