"""The register's adapter against the sandbox, which speaks the register's protocol."""

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
