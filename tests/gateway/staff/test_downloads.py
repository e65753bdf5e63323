"""A document is one's own first; only who works on cases is then given it as case work, on record."""

from typing import Any

import pytest
from starlette.responses import Response

from tests.gateway.api.standin import Call, Services, browsing, problem
from tests.gateway.staff.sample_file import PERMIT

PATH = f"/documents/{PERMIT}/content"


def somebodys(call: Call) -> Response:
    """Of another citizen than the one who asks."""
    if call.purpose == "case-work":
        return Response(b"%PDF-1.7", media_type="application/pdf")
    return problem(404, "not_found")


@pytest.mark.parametrize(
    ("role", "status", "purposes"),
    [
        ("citizen", 404, ["own-document"]),
        ("clerk", 200, ["own-document", "case-work"]),
        ("treasurer", 200, ["own-document", "case-work"]),
    ],
)
async def test_a_document_of_somebody_else(
    gateway: str, services: Services, role: str, status: int, purposes: list[str]
) -> None:
    services.sign_in(role, role)
    services.says[f"GET documents {PATH}"] = somebodys
    async with browsing(gateway, role) as client:
        answer: Any = await client.get(f"/dokumente/{PERMIT}.pdf")
    assert answer.status_code == status
    assert [call.purpose for call in services.to("documents", PATH)] == purposes
