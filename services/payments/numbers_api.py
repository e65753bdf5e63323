"""HTTP of the numbers given: each Kassenzeichen of a year, what for, and why no claim bears it."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.encoders import jsonable_encoder

from services.payments.domain.kassenzeichen import NoCheckDigit, Scheme, kassenzeichen
from services.payments.numbers import range_name
from services.payments.policies import claim_of
from shared.service import Runtime
from shared.web.tokens import Caller, require

Treasurer = Annotated[Caller, Depends(require("treasurer"))]
MOST: Final = 1000
PLACE: Final = r"^[0-9]{2,4}-[0-9]{1,7}:[0-9]{1,7}$"
_PURPOSE: Final = re.compile(r"(?:claim|instalment (\d+)) of case ([0-9a-f-]{36})")
_GIVEN: Final = """
SELECT name, number, purpose, given_at FROM number_given
WHERE name LIKE $1 AND ($2::text IS NULL OR (name, number) > ($2, $3::bigint))
ORDER BY name, number LIMIT $4
"""
_CLAIMS: Final = "SELECT claim_id, kassenzeichen FROM claim WHERE claim_id = ANY($1)"


def numbers_router(runtime: Runtime) -> APIRouter:
    """For treasurers, and who audits them."""
    router = APIRouter(tags=["numbers"])

    @router.get("/numbers")
    async def list_numbers(
        _caller: Treasurer,
        year: Annotated[int, Query(ge=2000, le=2099)],
        after: Annotated[str | None, Query(pattern=PLACE)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 200,
    ) -> dict[str, Any]:
        """`{numbers: [{prefix, number, kassenzeichen, given_at, case_id, claim_id, state}], next}`: range by
        range, each from its first number on; `next` is the next `after`.

        `state` is `used` by the claim, or why not: `no_check_digit` (the scheme leaves it out, and
        `kassenzeichen` is null), `claim_has_another` (what took it was tried again), `no_claim`.
        """
        name, number = _place(after, year)
        like = range_name("%", year, "%")
        rows = await runtime.pool.fetch(_GIVEN, like, name, number, limit + 1)
        ids = {claim_id for row in rows if (claim_id := _claim_of(row["purpose"])) is not None}
        known = {row["claim_id"]: row["kassenzeichen"] for row in await runtime.pool.fetch(_CLAIMS, ids)}
        scheme = runtime.settings.kassenzeichen_scheme
        found = [_answer(row, known, scheme) for row in rows[:limit]]
        return {"numbers": jsonable_encoder(found), "next": _named(rows[limit - 1]) if rows[limit:] else None}

    return router


def _answer(row: Any, known: dict[UUID, str], scheme: Scheme) -> dict[str, Any]:
    prefix, year, first = _parts(row["name"])
    number = int(first) - 1 + row["number"]
    made = _made(prefix, int(year), number, scheme)
    claim_id, purpose = _claim_of(row["purpose"]), _PURPOSE.fullmatch(row["purpose"])
    borne = known.get(claim_id) if claim_id is not None else None
    if borne is not None and f"{prefix}{year[2:]}{number:07}" in borne:
        state, made = "used", borne
    elif made is None:
        state = "no_check_digit"
    else:
        state = "no_claim" if borne is None else "claim_has_another"
    return {
        "prefix": prefix, "number": number, "kassenzeichen": made, "given_at": row["given_at"],
        "case_id": purpose[2] if purpose else None, "claim_id": claim_id if state == "used" else None,
        "state": state,
    }  # fmt: skip


def _made(prefix: str, year: int, number: int, scheme: Scheme) -> str | None:
    try:
        return kassenzeichen(prefix, year, number, scheme)
    except NoCheckDigit:
        return None


def _claim_of(purpose: str) -> UUID | None:
    """The claim that a number was given for, opened or not."""
    match = _PURPOSE.fullmatch(purpose)
    return claim_of(UUID(match[2]), int(match[1] or 1)) if match else None


def _parts(name: str) -> tuple[str, str, str]:
    """Prefix, year and first number of a range."""
    _, prefix, year, first = name.split("-")
    return prefix, year, first


def _named(row: Any) -> str:
    prefix, _, first = _parts(row["name"])
    return f"{prefix}-{first}:{row['number']}"


def _place(after: str | None, year: int) -> tuple[str | None, int]:
    if after is None:
        return None, 0
    series, _, number = after.partition(":")
    prefix, _, first = series.partition("-")
    return range_name(prefix, year, first), int(number)
