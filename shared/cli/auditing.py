"""`portal audit`: is the log what was sealed? From a database or a dump restored elsewhere, offline."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import typer
from rich.console import Console

from shared.audit.anchors import Anchors, anchors_at
from shared.audit.seals import SealKey, SealKeys
from shared.audit.verification import Report, verify
from shared.settings import SecretMissing

T = TypeVar("T")
VIOLATED = 1
app = typer.Typer(no_args_is_help=True, help="The seals of a log.")
console = Console(soft_wrap=True)

Name = Annotated[str, typer.Argument(metavar="SERVICE")]


class CannotVerify(Exception):
    """Why not, in a sentence."""


@app.command("verify")
def verify_log(
    name: Name,
    anchors: Annotated[Path, typer.Option(help="the folder of the anchored seals")],
    key: Annotated[Path, typer.Option(help="the public key: a JWK set, a JWK or PEM")],
    database: Annotated[str, typer.Option(help="else PORTAL_DATABASE_URL", show_default=False)] = "",
) -> None:
    """Says that a log is intact, or which interval is not and what is wrong with it (exit code 1)."""
    url = database or os.environ["PORTAL_DATABASE_URL"]
    if not (anchors / name).is_dir():
        raise CannotVerify(f"There are no anchors of {name} in {anchors}.")
    report = asyncio.run(_verify(url, name, anchors_at(str(anchors.resolve())), public_keys(key)))
    for line in told(report):
        console.print(line, markup=False, highlight=False)
    if not report.intact:
        raise typer.Exit(VIOLATED)


@app.command("key")
def public_key(secrets: Annotated[Path | None, typer.Option(help="else PORTAL_SECRETS_DIR")] = None) -> None:
    """Prints the public key to verify with, from the service's secret; keep it where the anchors are not."""
    key = seal_key(secrets or Path(os.environ["PORTAL_SECRETS_DIR"]))
    print(json.dumps(key.public_jwks()))  # noqa: T201


async def _verify(url: str, name: str, anchors: Anchors, keys: SealKeys) -> Report:
    connection = await asyncpg.connect(url)
    try:
        return await verify(connection, name, anchors, keys)
    finally:
        await connection.close()


def seal_key(folder: Path) -> SealKey:
    """The service's private key. Raises CannotVerify."""
    return _read(folder / "audit_key.pem", SealKey)


def public_keys(file: Path) -> SealKeys:
    """Raises CannotVerify."""
    return _read(file, SealKeys.read)


def _read(file: Path, of: Callable[[str], T]) -> T:
    try:
        return of(file.read_text())
    except (OSError, ValueError, SecretMissing) as error:
        raise CannotVerify(f"The key in {file} cannot be used: {error}.") from error


def told(report: Report) -> list[str]:
    """The report in lines, the verdict last."""
    lines = [f"{report.service}: {restore}" for restore in report.restores]
    lines += [str(violation) for violation in report.violations]
    counts = f"{report.events} events under {report.seals} seals"
    if report.unsealed:
        counts += f", {report.unsealed} not sealed yet"
    if report.unanchored:
        counts += f", {report.unanchored} seals not anchored yet"
    verdict = "intact" if report.intact else f"NOT INTACT, {len(report.violations)} violations"
    return [*lines, f"{report.service}: {verdict}; {counts}."]
