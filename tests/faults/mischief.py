"""A mischievous publisher: it may send to the exchange what nobody should, yet it forges no event of ours."""

import asyncio
import random
from typing import Final
from urllib.parse import quote

import aio_pika
import msgspec

from shared.bus.envelope import read, write
from shared.log.outage import DATABASE_AWAY
from tests.journeys.stage import Stage

_SOME: Final = "SELECT envelope FROM feed ORDER BY random() LIMIT 20"
_NEWEST: Final = "SELECT envelope FROM feed ORDER BY sequence DESC LIMIT 20"
GARBAGE: Final = (
    b"", b"\x00\xff\xfe", b"{}", b"[]", b'{"specversion":"1.0"}', b"x" * 100_000, b'{"id":' + b"[" * 5_000,
)  # fmt: skip


async def publish(stage: Stage, service: str, how: str) -> bool:
    """Sends messages of a kind; False where there is nothing to send yet, or no broker to send it to.

    `again`: events sent before. `shuffled`: the same in any order. `ahead`: the newest, backwards, perhaps
    before the relay sends them. `garbage`: bytes that are no event. `stranger`: an event of nobody we know.
    """
    try:
        messages = await _messages(stage, service, how)
        connection = await aio_pika.connect(stage.stack.broker.url, timeout=3)
        async with asyncio.timeout(10), connection:
            channel = await connection.channel(publisher_confirms=False)
            exchange = await channel.get_exchange(stage.exchange, ensure=False)
            for key, body in messages:
                await exchange.publish(aio_pika.Message(body), key)
    except (aio_pika.exceptions.AMQPError, *DATABASE_AWAY):
        return False
    return bool(messages)


async def _messages(stage: Stage, service: str, how: str) -> list[tuple[str, bytes]]:
    if how == "garbage":
        return [(f"{service}.{quote(how)}.v1", body) for body in GARBAGE]
    rows = await stage.query(service, _NEWEST if how == "ahead" else _SOME)
    found = [bytes(row["envelope"]) for row in rows]
    if how == "again":
        found = sorted(found, key=lambda raw: read(raw).sequence)
    if how == "shuffled":
        random.shuffle(found)
    if how == "stranger":
        foreign = [msgspec.structs.replace(read(raw), source="portal/nobody") for raw in found]
        return [(f"{service}.nobody.v1", write(envelope)) for envelope in foreign]
    return [(read(raw).type, raw) for raw in found]
