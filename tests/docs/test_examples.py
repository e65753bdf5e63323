"""What the README shows runs as it stands there."""

import asyncio
import json
import re
import sys
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest

ROOT = Path(__file__).resolve().parents[2]
EVENT = ROOT / "services/payments/contracts/payments.payment_settled.v1.example.json"


def subscriber() -> str:
    """The README's Python block."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.integration
class TestSubscriber:
    async def test_prints_what_the_services_publish(self, amqp_url: str) -> None:
        mark = uuid4().hex[:8]
        code = subscriber().replace("my-office", f"test-office-{mark}")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, amqp_url, f"test-{mark}", stdout=asyncio.subprocess.PIPE
        )
        connection = await aio_pika.connect(amqp_url)
        async with connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(f"test-{mark}", "topic", durable=True)
            try:
                assert process.stdout is not None
                async with asyncio.timeout(20):
                    line = await self._line(process.stdout, exchange)
            finally:
                process.kill()
                await process.wait()
                await channel.queue_delete(f"test-office-{mark}")
                await channel.exchange_delete(f"test-{mark}")
        assert line.startswith("payments.payment_settled.v1")

    @staticmethod
    async def _line(output: asyncio.StreamReader, exchange: aio_pika.abc.AbstractExchange) -> str:
        """Publishes until the subscriber, which may still be starting, has heard it."""
        heard = asyncio.ensure_future(output.readline())
        key = json.loads(EVENT.read_text())["type"]
        while not heard.done():
            await exchange.publish(aio_pika.Message(EVENT.read_bytes()), key, mandatory=False)
            await asyncio.wait([heard], timeout=0.2)
        return heard.result().decode()

    def test_is_short(self) -> None:
        assert len(subscriber().splitlines()) <= 24
