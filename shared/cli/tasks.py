"""`portal tasks`: what was given up, and what keeps failing; an operator lets it be tried again."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from shared.cli import services

tasks_app = typer.Typer(
    no_args_is_help=True, help="Work after a commit that failed: mails, calls, documents."
)
console = Console()

_LIST = """
SELECT task_id, kind, tries, due_at, failed_at, last_error FROM task
WHERE done_at IS NULL AND (failed_at IS NOT NULL OR last_error IS NOT NULL)
ORDER BY failed_at NULLS LAST, due_at LIMIT 200
"""
_RETRY = """
UPDATE task SET due_at = now(), failed_at = NULL, tries = 0, unanswered = 0
WHERE done_at IS NULL AND failed_at IS NOT NULL AND (task_id = $1 OR kind = $2) RETURNING task_id
"""


@tasks_app.command("list")
def list_tasks(name: services.Name) -> None:
    """Lists tasks given up first, then those that failed and will be tried again."""
    asyncio.run(_list(services.find(name).name))


async def _list(service: str) -> None:
    table = Table("task", "kind", "tries", "given up", "next try", "error")
    rows = await services.fetch(_LIST)
    for r in rows:
        table.add_row(str(r["task_id"]), r["kind"], str(r["tries"]), *_times(r), r["last_error"])
    console.print(table if rows else f"No task of {service} has failed.")


def _times(row: Any) -> tuple[str, str]:
    if row["failed_at"]:
        return f"{row['failed_at']:%F %T}", "never"
    return "", f"{row['due_at']:%F %T}"


@tasks_app.command("retry")
def retry_tasks(
    name: services.Name,
    which: Annotated[str, typer.Argument(metavar="TASK|KIND", help="one task's id, or all of a kind")],
) -> None:
    """Lets the running service try again what was given up, with its tries counted anew."""
    asyncio.run(_retry(services.find(name).name, which))


async def _retry(service: str, which: str) -> None:
    try:
        task_id, kind = UUID(which), ""
    except ValueError:
        task_id, kind = UUID(int=0), which
    rows = await services.fetch(_RETRY, task_id, kind)
    console.print(f"{service}: {len(rows)} tasks will be tried again.")
