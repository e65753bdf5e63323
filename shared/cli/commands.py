"""Operator commands beside the log: migrate, look at streams and feeds, see to what is parked, rebuild.

Each command talks to one service's databases, with the environment that the service itself gets.
"""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from shared import migrations
from shared.cli import auditing, inboxes, rebuilding, restoring, services
from shared.cli import docs as generated
from shared.cli.tasks import tasks_app
from shared.service import KERNEL_MIGRATIONS, KEYS_MIGRATIONS, Service

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Operates the services' logs.")
parked_app = typer.Typer(no_args_is_help=True, help="Events that could not be applied.")
app.add_typer(parked_app, name="parked")
app.add_typer(tasks_app, name="tasks")
app.add_typer(auditing.app, name="audit")
app.add_typer(inboxes.app, name="inbox")
keys_app = typer.Typer(no_args_is_help=True, help="Keys of citizens.")
app.add_typer(keys_app, name="keys")
console = Console()

SENTENCES = (
    services.NoSuchService,
    rebuilding.CannotRebuild,
    auditing.CannotVerify,
    restoring.CannotRestore,
    inboxes.NothingToDecide,
)


def main() -> None:
    """Runs a command; what an operator can mend is said in a sentence."""
    known = {group.name for group in app.registered_groups}
    for name, commands in services.own_commands():
        if name not in known:
            app.add_typer(commands, name=name)
    try:
        app()
    except SENTENCES as error:
        _refuse(str(error))
    except migrations.MigrationChanged as error:
        _refuse(f"Nothing of it was applied: {error}.")
    except KeyError as missing:
        _refuse(f"The environment variable {missing.args[0]} is not set.")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _refuse(f"The database does not answer as expected: {error}")


def _refuse(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201
    raise SystemExit(2)


def _run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@app.command()
def migrate(name: services.Name) -> None:
    """Brings a service's databases to this release (as their owner)."""
    _run(_migrate(services.find(name)))


async def _migrate(service: Service) -> None:
    owner = services.Addresses.of_owner()
    app_role = f"portal_{service.name}_app"
    log_files = [
        *migrations.find("kernel", KERNEL_MIGRATIONS),
        *migrations.find(service.name, service.migrations),
    ]
    for url, files in ((owner.database, log_files), (owner.keys, migrations.find("keys", KEYS_MIGRATIONS))):
        role = services.app_role(app_role)
        connection = await asyncpg.connect(url)
        try:
            applied = await migrations.apply(connection, files, role)
        finally:
            await connection.close()
        where = urlsplit(url).path.lstrip("/")
        console.print(f"{where}: {len(applied)} applied, {len(files) - len(applied)} there already")


@app.command()
def stream(name: services.Name, stream_id: UUID) -> None:
    """Prints one stream: names, versions, times; personal fields stay sealed."""
    _run(_stream(services.find(name), stream_id))


async def _stream(service: Service, stream_id: UUID) -> None:
    rows = await services.fetch(
        "SELECT version, name, schema_version, recorded_at, meta, payload FROM event "
        "WHERE stream_id = $1 ORDER BY version", stream_id,
    )  # fmt: skip
    table = Table("version", "event", "recorded", "actor", "body")
    for row in rows:
        meta = json.loads(row["meta"])
        body = json.dumps(json.loads(row["payload"])["d"], ensure_ascii=False)
        name = f"{row['name']} v{row['schema_version']}"
        table.add_row(str(row["version"]), name, f"{row['recorded_at']:%F %T}", meta.get("actor", ""), body)
    console.print(table if rows else f"{service.name} has no stream {stream_id}.")


@app.command()
def streams(name: services.Name, last: int = 20) -> None:
    """Lists the streams written last."""
    _run(_streams(services.find(name), last))


async def _streams(service: Service, last: int) -> None:
    rows = await services.fetch(
        "SELECT DISTINCT ON (stream_id) stream_id, version, name, recorded_at, position FROM event "
        "ORDER BY stream_id, version DESC"
    )
    table = Table("stream", "events", "last event", "recorded")
    for row in sorted(rows, key=lambda r: r["position"], reverse=True)[:last]:
        table.add_row(str(row["stream_id"]), str(row["version"]), row["name"], f"{row['recorded_at']:%F %T}")
    console.print(table if rows else f"The log of {service.name} is empty.")


@app.command()
def feed(name: services.Name, after: int = 0, follow: bool = False) -> None:
    """Prints the public feed, one event a line; with --follow goes on."""
    _run(_feed(services.find(name), after, follow))


async def _feed(_service: Service, after: int, follow: bool) -> None:
    while True:
        rows = await services.fetch(
            "SELECT sequence, envelope FROM feed WHERE sequence > $1 ORDER BY sequence LIMIT 500", after
        )
        for row in rows:
            after = row["sequence"]
            print(row["envelope"].decode())  # noqa: T201
        if not rows and not follow:
            return
        await asyncio.sleep(0 if rows else 0.5)


@parked_app.command("list")
def list_parked(name: services.Name) -> None:
    """Lists parked events, oldest first."""
    _run(_list_parked(services.find(name)))


async def _list_parked(service: Service) -> None:
    rows = await services.fetch(
        "SELECT source, sequence, stream_key, error, parked_at, retry_at FROM parked "
        "WHERE discarded_at IS NULL ORDER BY source, sequence"
    )
    table = Table("source", "sequence", "stream", "parked", "retry", "error")
    for r in rows:
        again = "asked for" if r["retry_at"] else ""
        table.add_row(
            r["source"], str(r["sequence"]), r["stream_key"], f"{r['parked_at']:%F %T}", again, r["error"]
        )
    console.print(table if rows else f"Nothing is parked at {service.name}.")


@parked_app.command("retry")
def retry_parked(name: services.Name, stream_key: str) -> None:
    """Lets the running service try a parked stream again, in order."""
    _run(_change_parked(services.find(name), "retry_at = now()", stream_key, "will be tried again in order"))


@parked_app.command("discard")
def discard_parked(name: services.Name, stream_key: str, reason: Annotated[str, typer.Option()]) -> None:
    """Gives a parked stream up for good, with a reason that stays on record."""
    work = _change_parked(
        services.find(name), "discarded_at = now(), discard_reason = $2", stream_key, "discarded", reason
    )
    _run(work)


async def _change_parked(service: Service, change: str, stream_key: str, said: str, *args: str) -> None:
    rows = await services.fetch(
        f"UPDATE parked SET {change} WHERE stream_key = $1 AND discarded_at IS NULL RETURNING sequence",  # noqa: S608
        stream_key, *args,
    )  # fmt: skip
    console.print(f"{service.name}: {len(rows)} events {said}.")


@app.command()
def rebuild(name: services.Name, table: str) -> None:
    """Folds the log into a second table beside the live one, compares, and swaps when told by the owner."""
    _run(rebuilding.rebuild(services.find(name), table, console))


@app.command()
def restore(
    name: services.Name,
    destroyed: Annotated[Path, typer.Option(help="ids of subjects whose keys were destroyed, one a line")],
    reason: Annotated[str, typer.Option(help="stays on record, in the log's seal")],
    republish_after: Annotated[int, typer.Option(help="the lowest sequence that a listener still has")] = 0,
    skip_numbers: Annotated[
        int, typer.Option(help="official numbers given since the backup, at most")
    ] = 1000,
    key: Annotated[Path | None, typer.Option(help="public keys of the seals, if several")] = None,
) -> None:
    """Makes databases that were restored from a backup ready for the service's start (as their owner)."""
    keys = auditing.public_keys(key) if key else None
    wish = restoring.Wish(restoring.subjects(destroyed), reason, republish_after, skip_numbers, keys)
    _run(restoring.restore(services.find(name), wish, console))


@keys_app.command("destroyed")
def destroyed_keys(name: services.Name) -> None:
    """Prints the subjects whose keys were destroyed: keep the list where the backups are not."""
    url = os.environ["PORTAL_KEYS_DATABASE_URL"]
    for subject in asyncio.run(restoring.destroyed(url, services.find(name).name)):
        print(subject)  # noqa: T201


@app.command()
def events(name: Annotated[str, typer.Argument()] = "") -> None:
    """Prints the catalogue of public events."""
    console.print(generated.catalogue([services.find(n) for n in ([name] if name else services.NAMES)]))


@app.command()
def docs(check: bool = False, root: Path = Path()) -> None:
    """Writes the generated documents; with --check says which are stale."""
    stale = generated.write([services.find(n) for n in services.NAMES], root, check=check)
    if stale and check:
        _refuse(f"Stale, run `make docs`: {', '.join(stale)}")
    console.print(f"{len(stale)} documents {'stale' if check else 'written'}.")
