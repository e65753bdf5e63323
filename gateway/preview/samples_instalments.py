"""Sample pages of a charge in instalments: the plan, the mandate for all of it, another account."""

from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.translations import Translator
from gateway.views import accounts, cases, claims, payments
from gateway.views.answers import debit_fields
from gateway.views.frame import Page, Tone
from gateway.views.plans import Instalment

NOW = datetime(2027, 5, 20, 9, 31, tzinfo=UTC)
CITY, CREDITOR = "Stadtkasse Lindenau", "DE98ZZZ09999999999"
STATES: tuple[tuple[str, Tone], ...] = (
    ("settled", "success"), ("came_back", "warning"), ("announced", "info"), ("arranged", "info"),
)  # fmt: skip


def in_instalments(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    given = payments.GivenMandate(reference="47112600000122-M1", account="DE89 … 3000", hidden={"key": "2"})
    case = cases.CasePage(
        case_id="1", number="HST-2026-000001", title="Hundesteuer", situation="completed", tone="success",
        steps=(), groups=(), submitted_at=NOW, fee_cents=8400, plan=_plan(),
    )  # fmt: skip
    claim = claims.ClaimPage(
        kassenzeichen="47112600000132", case_number="HST-2026-000001", case_url="#",
        case_money_url="#", state="open",
        tone="info", amount_cents=2100, owed_cents=2100, entries=(), refunds=(), plan=_plan("#"),
    )  # fmt: skip
    debit = payments.DebitPage(
        action="#", other_url="#", number="HST-2026-000001", creditor=CITY, creditor_id=CREDITOR,
        mandate="47112600000132-M1", amount_cents=2100, due=date(2027, 6, 7), hidden={"key": "1"},
        fields=debit_fields(t, {}, {}, 2), use_action="#", given=(given,), later=2,
    )  # fmt: skip
    typed = {"holder": "Ada Lovelace", "iban": "CH93 0076 2011 6238 5295 7", "country": "CH", "bic": "POFI"}
    wrong = {"bic": t("field_error.bic_form")}
    abroad = replace(
        debit, fields=debit_fields(t, typed, wrong, abroad=True), given=(), later=0
    )  # fmt: skip
    amended = accounts.MandatePage(
        action="#", back_url="#", creditor=CITY, creditor_id=CREDITOR, mandate="47112600000122-M1",
        account="DE89 … 3000", fields=debit_fields(t, {}, {}), hidden={"key": "1"},
    )  # fmt: skip
    return {
        "case-instalments": case, "cash-claim-instalments": claim, "payment-debit-given": debit,
        "payment-debit-abroad": abroad,
        "mandate": amended,
    }  # fmt: skip


def _plan(url: str = "") -> tuple[Instalment, ...]:
    return tuple(
        Instalment(
            number=at, due=date(2027, at * 3 - 1, 15), amount_cents=2100, kassenzeichen=f"471126000001{at}2",
            state=state, tone=tone, url=url if at != 2 else "", here=bool(url) and at == 2,
            debited_on=date(2027, 8, 16) if state == "announced" else None,
        )
        for at, (state, tone) in enumerate(STATES, 1)
    )  # fmt: skip
