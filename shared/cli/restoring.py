"""`portal restore`: a service's databases were restored from a backup; makes them ready for its start."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
from rich.console import Console

from shared.audit.anchors import Anchors, anchors_at
from shared.audit.sealer import Sealer
from shared.audit.seals import SealKey, SealKeys
from shared.audit.verification import Report, verify
from shared.cli.auditing import seal_key
from shared.cli.services import Addresses, app_role
from shared.clock import SystemClock
from shared.feed.sequencer import Sequencer
from shared.keys import KeyRing
from shared.log.restoring import Begun, begin_epoch, end_epoch_before, sessions
from shared.service import Service


class CannotRestore(Exception):
    """Why not, in a sentence."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator decides. `destroyed` are the subjects whose keys the backup may bring back.

    `keys` verify the seals; without them the service's own key does.
    """

    destroyed: tuple[UUID, ...]
    reason: str
    republish_after: int
    skip_numbers: int
    keys: SealKeys | None = None


async def restore(service: Service, wish: Wish, console: Console) -> None:
    """As the owner, while the service stands still. May be repeated: each time begins an epoch."""
    owner = Addresses.of_owner()
    key = seal_key(Path(os.environ["PORTAL_SECRETS_DIR"]))
    anchors = anchors_at(os.environ["PORTAL_AUDIT_ANCHORS"])
    await _destroy(service, owner.keys, wish.destroyed)
    console.print(f"{len(wish.destroyed)} keys destroyed")
    connection = await asyncpg.connect(owner.database)
    try:
        if running := await sessions(connection, app_role(f"portal_{service.name}_app")):
            raise CannotRestore(f"{running} sessions of {service.name} use the database: stop it first.")
        anchored = max((number for _, number in await anchors.all(service.name)), default=0)
        given_up = _given_up(
            await verify(connection, service.name, anchors, wish.keys or key.keys()), anchored
        )
    finally:
        await connection.close()
    async with asyncpg.create_pool(owner.database, min_size=1, max_size=2) as pool:
        begun = await _begin(service, pool, key, anchors, given_up, wish)
        await _sequence(service, pool, begun)
        _tell(service, begun, given_up, console)


async def _destroy(service: Service, url: str, subjects: tuple[UUID, ...]) -> None:
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        keys = KeyRing(pool, bytes(32), service.name)  # destroying opens no key
        for subject in subjects:
            await keys.destroy(subject)


def _given_up(report: Report, anchored: int) -> int:
    """The last seal that the backup is too old to hold. Raises CannotRestore where more is wrong."""
    lost = min((v.seal for v in report.violations if v.kind == "truncated"), default=anchored + 1)
    wrong = [v for v in report.violations if v.seal < lost]
    if wrong:
        sentences = " ".join(str(violation) for violation in wrong)
        raise CannotRestore(f"The log is not what was sealed, look at that first: {sentences}")
    return anchored


async def _begin(
    service: Service, pool: asyncpg.Pool, key: SealKey, anchors: Anchors, given_up: int, wish: Wish
) -> Begun:
    clock = SystemClock()
    sealer = Sealer(service.name, pool, key, anchors, clock)
    async with pool.acquire() as connection:
        begun = await begin_epoch(
            connection,
            await sealer.head(connection),
            key,
            clock.now(),
            given_up=given_up,
            republish_after=wish.republish_after,
            skip_numbers=wish.skip_numbers,
            reason=wish.reason,
        )
    await sealer.look()
    return begun


async def _sequence(service: Service, pool: asyncpg.Pool, begun: Begun) -> None:
    """What the backup caught between log and feed goes into the feed now, before anything new."""
    sequencer = Sequencer(pool, service.published)
    before = None
    while await sequencer.holds_back():
        await sequencer.run_once()
        place = await pool.fetchrow("SELECT epoch, xid, position FROM feed_head")
        if place == before:
            raise CannotRestore(f"The log of {service.name} needs a newer release: restore with that.")
        before = place
    await end_epoch_before(pool, begun.epoch)


def _tell(service: Service, begun: Begun, given_up: int, console: Console) -> None:
    lost = max(given_up - begun.seal.number + 1, 0)
    console.print(f"{service.name}: epoch {begun.epoch} begins after sequence {begun.feed_after} of its feed")
    console.print(f"{lost} seals were anchored after this backup and are given up")
    for name, (last, now) in sorted(begun.numbers.items()):
        console.print(f"numbers {last + 1} to {now} of {name} are skipped")
    console.print(f"Start {service.name}; then look at `portal inbox list` of those that listen to it.")


async def destroyed(url: str, service: str) -> list[str]:
    """The subjects whose keys were destroyed, for the list that a restore asks for."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT subject FROM subject_key WHERE purpose = $1 AND destroyed_at IS NOT NULL "
            "ORDER BY destroyed_at, subject", service,
        )  # fmt: skip
        return [str(row["subject"]) for row in rows]
    finally:
        await connection.close()


def subjects(file: Path) -> tuple[UUID, ...]:
    """The ids in a file, one a line; `#` begins a comment. Raises CannotRestore."""
    try:
        lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
        return tuple(UUID(line) for line in lines if line)
    except (OSError, ValueError) as error:
        raise CannotRestore(f"The list of destroyed keys in {file} cannot be read: {error}.") from error
