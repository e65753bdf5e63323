"""Of every table it is decided how long its rows are kept: a new one without a word turns this red."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from services.applications import projections as applications
from services.documents import projections as documents
from services.identity.accesses import ACCESSES_KEPT
from services.identity.projections import LINKS_KEPT
from services.identity.sessions import Sessions
from services.identity.throttle import FAILURES_KEPT
from services.payments.bank.forgetting import FILES_KEPT
from shared.cli.services import NAMES, find
from shared.service import KERNEL_RETENTIONS
from shared.testing import fresh

ROOT: Final = Path(__file__).parents[2]
DAY: Final = timedelta(days=1)
SESSIONS: Final = Sessions(None, DAY, DAY)  # type: ignore[arg-type]  # asked for its retentions alone
PRUNED: Final = {
    one.table
    for one in (
        *KERNEL_RETENTIONS, applications.DRAFTS_KEPT, applications.ACCESSES_KEPT, documents.ACCESSES_KEPT,
        FILES_KEPT, ACCESSES_KEPT, LINKS_KEPT, FAILURES_KEPT, *SESSIONS.retentions(),
    )
}  # fmt: skip
FOR_EVER: Final = {
    "event": "the log",
    "feed": "the public feed, the same for everybody and for ever",
    "subject_key": "keys, and the tombstones of those destroyed",
    "ledger_line": "the ledger",
    "document_number": "explains a gap in the numbers",
    **dict.fromkeys(("audit_seal", "audit_anchored"), "the proof that nobody touched the log"),
    "log_restore": "what a restore gave up, on record",
    "inbox_ahead": "one row for a source",
    "snapshot": "one row for a stream",
    "log_epoch": "one row", "feed_head": "one row", "relay_cursor": "one row",
    "inbox_cursor": "one row for a source",
    "number_range": "one row for a series and year",
    "number_given": "explains a gap in the numbers",
    **dict.fromkeys(("account", "account_role", "case_overview", "case_turn"), "the fold of the log"),
    "booking_file": "what the cash office was given: books, never changed",
    "provider_account": "one row for a provider",
    **dict.fromkeys(("movement", "booking_batch", "provider_row"), "the fold of the log"),
    "payment_switch": "one row for a way to pay or a provider",
    "collection_line": "what the file of a collection says, sealed under the file's key",
    **dict.fromkeys(("mandate", "debit", "collection", "statement", "bank_item"), "the fold of the log"),
    **dict.fromkeys(("document", "claim", "attempt", "money_task", "refund"), "the fold of the log"),
}  # fmt: skip

NEVER: Final = {
    "event",
    "feed",
    "feed_head",
    "log_epoch",
    "subject_key",
    "ledger_line",
    "document_number",
    "booking_file",
}


def tables() -> set[str]:
    files = [*ROOT.glob("shared/*/migrations/*.sql"), *ROOT.glob("services/*/migrations/*.sql")]
    return {name for file in files for name in re.findall(r"^CREATE TABLE (\w+)", file.read_text(), re.M)}


class TestEveryTable:
    def test_is_pruned_or_kept_for_a_reason(self) -> None:
        assert tables() == PRUNED | FOR_EVER.keys()
        assert not PRUNED & FOR_EVER.keys()


@pytest.mark.integration
@pytest.mark.parametrize("service", NAMES)
class TestRightToDelete:
    """As the database has it, after all migrations."""

    async def test_is_there_only_where_rows_may_go(self, postgres_url: str, service: str) -> None:
        async with fresh(postgres_url, find(service)) as databases:
            may = {**await rights(databases.log), **await rights(databases.keys)}
        assert {table for table in NEVER & may.keys() if may[table]} == set()
        assert {table for table in PRUNED & may.keys() if not may[table]} == set()
        assert may["event"] is False


async def rights(url: str) -> dict[str, bool]:
    """Whether the running service may delete, by table."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT relname, has_table_privilege(oid, 'DELETE') AS may FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    finally:
        await connection.close()
    return {row["relname"]: row["may"] for row in rows}
