"""The register's adapter against the sandbox, which speaks the register's protocol."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.applications.register import ENQUIRY_FIELDS, RegisterUnavailable
from services.applications.register.http import HttpRegister

ERIKA = {
    "family_name": "Mustermann",
    "given_names": "Erika",
    "birth_date": "1984-08-12",
    "street": "Lindenstraße",
    "house_number": "12",
    "postal_code": "01234",
}


@pytest.fixture
async def register(register_url: str) -> AsyncIterator[HttpRegister]:
    async with HttpRegister(register_url, timeout=1.0) as found:
        yield found


async def tell(register_url: str, **fault: Any) -> None:
    async with httpx.AsyncClient() as client:
        (await client.post(f"{register_url}/sandbox/faults", json=fault)).raise_for_status()


class TestRegister:
    async def test_matches_a_person_as_described(self, register: HttpRegister) -> None:
        assert tuple(ERIKA) == ENQUIRY_FIELDS
        assert await register.enquire(ERIKA) == "match"

    async def test_mismatches_without_saying_where(self, register: HttpRegister) -> None:
        assert await register.enquire(ERIKA | {"family_name": "Unbekannt"}) == "mismatch"

    async def test_is_unavailable_when_it_is_down(self, register: HttpRegister, register_url: str) -> None:
        await tell(register_url, mode="down", count=1)
        with pytest.raises(RegisterUnavailable):
            await register.enquire(ERIKA)

    async def test_is_unavailable_when_it_is_late(self, register: HttpRegister, register_url: str) -> None:
        await tell(register_url, mode="late", count=1, seconds=3)
        with pytest.raises(RegisterUnavailable, match="ReadTimeout"):
            await register.enquire(ERIKA)

    async def test_is_unavailable_when_nobody_listens(self) -> None:
        async with HttpRegister("http://127.0.0.1:9", timeout=1.0) as register:
            with pytest.raises(RegisterUnavailable, match="ConnectError"):
                await register.enquire(ERIKA)

    async def test_is_unavailable_when_it_makes_no_sense(self, register_url: str) -> None:
        async with HttpRegister(f"{register_url}/sandbox/faults?", timeout=1.0) as register:
            with pytest.raises(RegisterUnavailable) as refused:
                await register.enquire(ERIKA)
        assert "Mustermann" not in str(refused.value)

    async def test_takes_what_was_said_too_much_for_no_other_answer(self) -> None:
        """A server that answers twice: the second time with what nobody asked."""
        answers = iter((_said("match") * 2, _said("mismatch")))

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(4096):
                writer.write(next(answers))
                await writer.drain()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with HttpRegister(f"http://127.0.0.1:{port}", timeout=1.0) as register:
                assert await register.enquire(ERIKA) == "match"
                await asyncio.sleep(0.05)
                assert await register.enquire(ERIKA) == "mismatch"


def _said(answer: str) -> bytes:
    body = json.dumps({"answer": answer}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
