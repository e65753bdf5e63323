"""Who has read a citizen's data: what each service wrote down of it, as one list."""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.pages.parts import or_none
from gateway.visit import Visit

PURPOSE: Final = "own-account"
SHOWN: Final = 200
"""As many as each service tells: of more, the merged list would lack some in between."""
REGISTERS: Final = {
    "identity": "/accounts/me/accesses",
    "applications": "/accesses",
    "documents": "/accesses",
}


@dataclass(frozen=True, slots=True)
class Readings:
    """The newest first; `missing` names the services that gave no answer."""

    accesses: list[dict[str, Any]]
    missing: list[str]


async def readings_of(visit: Visit) -> Readings:
    """Of the person signed in. Raises RemoteProblem where the session is over or a service refuses."""
    found = await asyncio.gather(*(or_none(_asked(visit, *place)) for place in REGISTERS.items()))
    registers = dict(zip(REGISTERS, found, strict=True))
    every = [one for service, register in registers.items() for one in _marked(service, register or [])]
    every.sort(key=lambda one: datetime.fromisoformat(one["at"]), reverse=True)
    return Readings(every[:SHOWN], [service for service, register in registers.items() if register is None])


def _asked(visit: Visit, service: str, path: str) -> Awaitable[Any]:
    return visit.get(service, path, purpose=PURPOSE)


def _marked(service: str, register: Any) -> Iterator[dict[str, Any]]:
    """Each reading says which service wrote it down, and of which case, where it was of one."""
    for one in register if isinstance(register, list) else register["accesses"]:
        yield {"service": service, "case_id": None, "case_number": None, "kind": None, **one}
