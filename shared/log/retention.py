"""How long rows are kept that no event stands for, or that are of no use any more.

Declared beside the table; `shared.tasks.housekeeping` deletes. What is nowhere declared is kept for ever: the
log, the feed, the ledger, the keys and their tombstones.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows of `table` go once `over` holds, SQL in which `$1` is the instant `after` ago.

    A large table needs an index that finds them, and the service's role the right to delete in it.
    """

    table: str
    over: str
    after: timedelta = timedelta()
