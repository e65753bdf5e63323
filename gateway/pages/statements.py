"""Statements brought by the treasurer: files of the bank and of providers, and what became of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gateway import formats
from gateway.pages.answers import problem_key
from gateway.pages.live_case import HEADERS, POLL_SECONDS, event
from gateway.pages.money_words import place_words
from gateway.pages.treasury import HERE as TREASURY
from gateway.pages.treasury import PURPOSE
from gateway.views.forms import Field, Option
from gateway.views.frame import Tone
from gateway.views.statements import (
    AccountBalance,
    BankFile,
    BankFilePage,
    Gap,
    ProviderResult,
    StatementsPage,
)
from gateway.visit import Visit, staff
from shared.ids import new_id
from shared.web.calls import RemoteProblem, RemoteUnavailable

HERE: Final = f"{TREASURY}/auszuege"
MEGABYTE: Final = 1024 * 1024
FILES: Final = {HERE: 33 * MEGABYTE, "/api/v1/bank-files": 32 * MEGABYTE, "/api/v1/statements": 2 * MEGABYTE}
"""Bytes that may be sent there; a form has something around its file."""
BANK: Final = "bank"
LOOKS: Final = 120
TONES: Final[dict[str, Tone]] = {"done": "success", "failed": "danger", "waiting": "info"}
FIGURES: Final = {
    "matched": ("allocated", "debit", "return"), "proposed": ("proposed",),
    "left_over": ("unallocated", "repeated"), "payout": ("payout",), "sent_back": ("sent_back",),
}  # fmt: skip
"""By figure: the outcomes of payments that it counts."""
RARE: Final = frozenset({"payout", "sent_back"})
"""Figures that are not said where there is none."""
KINDS: Final = frozenset({"camt.053", "camt.054", "pain.002"})
_REFUSALS: Final = frozenset({404, 409, 413, 422})


@staff("treasurer")
async def show_statements(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@staff("treasurer")
async def bring(visit: Visit) -> Response:
    form, name, content = await visit.upload("file")
    source = form.get("source", "")
    if not source or not content:
        message = "file_missing" if source else "source_missing"
        return visit.page(await _page(visit, message, source), 422)
    try:
        if source == BANK:
            return await _bring_to_bank(visit, form, name, content)
        answer = await visit.request_to(
            "POST", "payments", f"/statements/{source}", purpose=PURPOSE, content=content,
            idempotency_key=form.get("idempotency-key"),
        )  # fmt: skip
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        found = await _page(visit, problem_key(visit.t, refused), source, refused.body)
        return visit.page(found, 422 if refused.status == 404 else refused.status)
    return visit.page(await _page(visit, result=_result(visit, source, answer.json())))


async def _bring_to_bank(visit: Visit, form: Mapping[str, str], name: str, content: bytes) -> Response:
    answer = await visit.request_to(
        "POST", "payments", "/bank-files", purpose=PURPOSE, content=content,
        params={"name": _plain(name)}, idempotency_key=form.get("idempotency-key"),
    )  # fmt: skip
    brought = answer.json()
    return visit.redirect(f"{HERE}/{brought['file_id']}" + ("?bekannt=1" if brought["known"] else ""))


@staff("treasurer")
async def show_file(visit: Visit) -> Response:
    found = await _asked(visit)
    outcomes: Mapping[str, int] = found["outcomes"]
    figures = {
        figure: sum(outcomes.get(outcome, 0) for outcome in counted) for figure, counted in FIGURES.items()
    }
    if answer := found.get("answer"):
        figures = {"debits": answer["debits"] or 0, "rejected": answer["rejected"]}
    elif found["state"] == "done":
        figures["known"] = found["known"]
    return visit.page(
        BankFilePage(
            file=_file(visit, found),
            live_url=visit.url(f"{HERE}/{found['file_id']}/ereignisse"),
            taken=found["taken"],
            payments=found["payments"],
            figures=tuple((name, many) for name, many in figures.items() if many or name not in RARE),
            gaps=tuple(
                _gap(visit, one)
                for one in found["statements"] if one["missing"] or one.get("gap_cents")
            ),
            again=visit.request.query_params.get("bekannt") == "1",
        )
    )  # fmt: skip


@staff("treasurer")
async def follow(visit: Visit) -> Response:
    """How far the file is, until it is done; then the page is to be loaded again."""
    await _asked(visit)
    return StreamingResponse(_stream(visit), media_type="text/event-stream", headers=HEADERS)


async def _stream(visit: Visit) -> AsyncIterator[str]:
    said = ""
    for _ in range(LOOKS):
        try:
            found = await _asked(visit)
        except RemoteUnavailable:
            yield ": away\n\n"
        except RemoteProblem:
            return
        else:
            if found["state"] != "waiting":
                yield event("done", found["state"])
                return
            words = visit.t("statements.progress", taken=found["taken"], payments=found["payments"] or "–")
            if words != said:
                said = words
                yield event("announce", words)
            yield ": here\n\n"
        await asyncio.sleep(POLL_SECONDS)


async def _asked(visit: Visit) -> dict[str, Any]:
    file_id: UUID = visit.request.path_params["file_id"]
    found: dict[str, Any] = await visit.get("payments", f"/bank-files/{file_id}", purpose=PURPOSE)
    return found


async def _page(
    visit: Visit,
    message: str = "",
    source: str = "",
    refusal: Mapping[str, Any] | None = None,
    result: ProviderResult | None = None,
) -> StatementsPage:
    said = refusal or {}
    line, reason = said.get("line"), said.get("reason")
    known = isinstance(reason, str) and visit.t.known(f"statement_reason.{reason}")
    files, told, account = await asyncio.gather(
        _latest(visit), visit.get("payments", "/statements", purpose=PURPOSE), _account(visit)
    )
    names = [*([BANK] if files is not None else []), *(one["provider"] for one in told["providers"])]
    label = visit.t("statements.source")
    options = tuple(
        Option(
            value=name,
            label=visit.t("statements.of_bank") if name == BANK else place_words(visit.t, name),
            hint=visit.t("statements.bank_hint" if name == BANK else "statements.provider_hint"),
        )
        for name in names
    )
    return StatementsPage(
        action=visit.url(HERE),
        fields=(Field(name="source", kind="choice", label=label, options=options, value=source or names[0]),)
        if names else (),
        files=None if files is None else tuple(_file(visit, one) for one in files),
        hidden={"idempotency-key": str(new_id())},
        result=result,
        message=message,
        line=line if isinstance(line, int) else 0,
        reason=str(reason) if known else "",
        word=str(said.get("word", "")),
        gaps=tuple(_gap(visit, one) for one in account["gaps"]),
        balances=tuple(_balance(visit, one) for one in account["balances"]),
    )  # fmt: skip


async def _account(visit: Visit) -> dict[str, Any]:
    """What is missing in the account's statements, and its balance; nothing where the city has none."""
    try:
        found: dict[str, Any] = await visit.get("payments", "/bank-statements", purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.status != 404:
            raise
        return {"gaps": [], "balances": []}
    return found


async def _latest(visit: Visit) -> list[dict[str, Any]] | None:
    """None where the city has no account set up."""
    try:
        found = await visit.get("payments", "/bank-files", purpose=PURPOSE)
    except RemoteProblem as refused:
        if refused.status != 404:
            raise
        return None
    files: list[dict[str, Any]] = found["files"]
    return files


def _file(visit: Visit, file: Mapping[str, Any]) -> BankFile:
    return BankFile(
        url=visit.url(f"{HERE}/{file['file_id']}"),
        name=file["name"],
        kind=file["kind"].replace(".", "_") if file["kind"] in KINDS else "other",
        state=file["state"],
        tone=TONES.get(file["state"], "info"),
        size=f"{max(1, round(file['size'] / 1024)):,} KB".replace(",", "\u202f"),
        stored_at=datetime.fromisoformat(file["stored_at"]),
    )


def _gap(visit: Visit, one: Mapping[str, Any]) -> Gap:
    cents = one.get("gap_cents", 0)
    return Gap(
        number=one["sequence"],
        missing=one["missing"],
        amount=formats.money(cents, visit.language, one["currency"]) if cents else "",
    )


def _balance(visit: Visit, one: Mapping[str, Any]) -> AccountBalance:
    def words(name: str) -> str:
        return formats.money(one[f"{name}_cents"], visit.language, one["currency"])

    differs = one["difference_cents"] != 0
    return AccountBalance(
        closing_on=date.fromisoformat(one["closing_on"]) if one["closing_on"] else None,
        closing=words("closing"), bank=words("bank"), books=words("books"),
        difference=words("difference") if differs else "",
        unseen=words("unseen") if one["unseen_cents"] else "",
        ahead=words("ahead") if one["ahead_cents"] else "",
    )  # fmt: skip


def _result(visit: Visit, provider: str, said: Mapping[str, Any]) -> ProviderResult:
    return ProviderResult(
        provider=place_words(visit.t, provider), rows=said["rows"], new=said["new"], known=said["known"],
        fees_cents=said["fees_cents"], told_until=date.fromisoformat(said["told_until"]),
    )  # fmt: skip


def _plain(name: str) -> str:
    """What a browser calls the file, without its folders and what no name holds."""
    bare = name.replace("\\", "/").rpartition("/")[2].lstrip(".")
    kept = "".join(sign for sign in bare if sign.isprintable())[:100].strip()
    return kept or "upload.xml"


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_statements, methods=["GET"]),
    Route(HERE, bring, methods=["POST"]),
    Route(HERE + "/{file_id:uuid}", show_file, methods=["GET"]),
    Route(HERE + "/{file_id:uuid}/ereignisse", follow, methods=["GET"]),
]
