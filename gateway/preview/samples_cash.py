"""Sample pages of the cash office, the treasurer and the operator's switches."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from gateway.pages import refund_forms, treasury_lists
from gateway.preview.samples_bank_items import bank_item_pages
from gateway.preview.samples_case_money import case_money_pages
from gateway.preview.samples_collections import collection_pages
from gateway.preview.samples_counter import counter_pages
from gateway.preview.samples_provider_moves import provider_move_pages
from gateway.preview.samples_statements import statement_pages
from gateway.preview.samples_suspended import suspended_pages
from gateway.preview.samples_undecided import undecided_pages
from gateway.translations import Translator
from gateway.views import claims, switches, treasury
from gateway.views.forms import Field, Option
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)
PERIOD = treasury.Period(first=date(2026, 11, 1), last=date(2026, 11, 22))
PAYMENTS = ("01936b7a-4a00-7c3e-9d5e-000000000001", "01936b7a-4a00-7c3e-9d5e-000000000002")


def cash_office(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    return {
        **_claims(t),
        **_refunds(t),
        **_switches(t),
        **_treasury(t),
        **_lists(t),
        **_exports(),
        **collection_pages(),
        **case_money_pages(t),
        **_compared(),
        **counter_pages(t),
        **bank_item_pages(t),
        **suspended_pages(t),
        **undecided_pages(t),
        **provider_move_pages(t),
        **provider_move_pages(t),
        **statement_pages(t),
    }


def _claims(t: Translator) -> dict[str, Page]:
    claim = {
        "state": "settled",
        "payments": [
            {"payment_id": PAYMENTS[0], "method": "card", "kept_cents": 8000},
            {"payment_id": PAYMENTS[1], "method": "wero", "kept_cents": 4000},
        ],
    }
    asking = refund_forms.asking(t, claim, (), None, {}, {})
    typed = {"extent": "part", "amount": "12 Taler"}
    errors = refund_forms.wish_of(t, typed, claim, (), None).errors
    wrong = refund_forms.asking(t, claim, (), None, typed, errors)
    page = claims.ClaimPage(
        kassenzeichen="LIN26000471109",
        case_number="BPA-2026-004711",
        case_url="#",
        case_money_url="#",
        move_url="#",
        state="settled",
        tone="success",
        amount_cents=12000,
        owed_cents=0,
        entries=_entries(t),
        refunds=tuple(_refund(t, state) for state in ("requested", "settled")),
        refund_action="#",
        fields=asking.fields,
        hidden={"idempotency-key": "1"},
        left_cents=asking.left_cents,
    )
    day = Field(name="aufgegeben", kind="date", label=t("share.day"), hint=t("share.day_hint"),
                value="2026-11-22")  # fmt: skip
    share = claims.Share(first=date(2026, 1, 1), last=date(2026, 12, 31), day=date(2026, 11, 22), cents=1000)
    task = refund_forms.asking(t, claim, (), {"version": 4, "amount_cents": 3060}, {}, {})
    return {
        "cash-claim": page,
        "cash-claim-wrong": replace(page, fields=wrong.fields),
        "cash-claim-share": replace(page, share_day=day, share=share),
        "cash-claim-task": replace(page, fields=task.fields, task_cents=3060, refunds=()),
        "cash-claim-empty": replace(
            page,
            state="open",
            tone="info",
            owed_cents=12000,
            entries=(),
            refunds=None,
            fields=(),
            cash_url="#",
        ),
        "cash-claim-refused": replace(page, message="refund_too_high"),
    }


def _entries(t: Translator) -> tuple[claims.MoneyEntry, ...]:
    def posted(account: str, cents: int) -> tuple[claims.Posting, ...]:
        return (claims.Posting(account=t(f"ledger_account.{account}", name="paypal"), cents=cents),)

    story = (
        ("payment_requested", "system", "", "receivable", "revenue", 12000, 12000),
        ("payment_started", "citizen", "PayPal", "", "", 0, 12000),
        (
            "payment_settled",
            "system",
            "PayPal · 5O190127TN364715T",
            "provider",
            "receivable",
            12000,
            0,
        ),
        ("refund_requested", "you", "", "", "", 0, 0),
        ("refund_approved", "colleague", "", "revenue", "refundable", 4000, -4000),
        ("refund_settled", "system", "paypal", "refundable", "provider", 4000, 0),
    )
    return tuple(
        claims.MoneyEntry(
            at=NOW + timedelta(hours=n),
            what=t(f"cash_event.{event}"),
            actor=actor,
            detail=detail,
            debit=posted(debit, cents) if debit else (),
            credit=posted(credit, cents) if credit else (),
            balance_cents=balance,
        )
        for n, (event, actor, detail, debit, credit, cents, balance) in enumerate(story)
    )


def _refund(t: Translator, state: str) -> claims.Refund:
    return claims.Refund(
        url="#",
        state=state,
        tone=refund_forms.TONES.get(state, "info"),
        amount_cents=1234567 if state == "requested" else 4000,
        reason=t("refund_reason.given_up_early"),
        via="provider",
        requested_at=NOW,
        requested_by="you" if state == "requested" else "colleague",
        decided_by="" if state == "requested" else "you",
        changed_at=NOW,
        kassenzeichen="LIN26000471109",
        case_number="BPA-2026-004711",
    )


def _refunds(t: Translator) -> dict[str, Page]:
    states = tuple(
        claims.StateLink(state=one, url="#")
        for one in ("requested", "approved", "ordered", "pending", "unclear", "failed", "settled", "declined")
    )
    waiting = _refund(t, "requested")
    page = claims.RefundPage(refund=waiting, claim_url="#", hidden={"idempotency-key": "1"})
    rows = (waiting, replace(waiting, requested_by="colleague", kassenzeichen="", case_number=""))
    return {
        "cash-refunds": claims.RefundsPage(state="requested", states=states, refunds=rows, next_url="#"),
        "cash-refunds-empty": claims.RefundsPage(state="unclear", states=states, refunds=()),
        "cash-refund": replace(page, refund=replace(waiting, requested_by="colleague"), may_decide=True),
        "cash-refund-own": replace(page, why_not="second_person_needed", message="second_person_needed"),
        "cash-refund-settled": replace(page, refund=_refund(t, "settled")),
    }


def _switches(t: Translator) -> dict[str, Page]:
    card = switches.Switch(
        kind="method", name="card", title=t("method.card.name"), state="on", tone="success", url="#",
        of="GiroCheckout",
    )  # fmt: skip
    off = replace(card, state="switched_off", tone="danger", since=NOW, reason="4711")
    provider = switches.Switch(
        kind="provider", name="paypal", title="PayPal", state="provider_failing", tone="warning", url="#",
        of="PayPal", until=NOW, failures=5,
    )  # fmt: skip
    reason = Field(
        name="reason", kind="text", label=t("switch.reason"), hint=t("switch.reason_hint"), value="x",
        error=t("problem.switch_reason_missing"),
    )  # fmt: skip
    ask = switches.SwitchPage(
        switch=card, reason=replace(reason, error="", value=""), hidden={"wanted": "off"}
    )
    return {
        "switches": switches.SwitchesPage(
            methods=(card, off, replace(card, state="retired", tone="info", url="")),
            providers=(provider, replace(provider, state="on", tone="success", until=None, failures=1)),
        ),
        "switches-empty": switches.SwitchesPage(methods=(), providers=()),
        "switch": ask,
        "switch-wrong": replace(ask, switch=off, reason=reason, message="switch_reason_missing"),
    }


def _treasury(t: Translator) -> dict[str, Page]:
    page = treasury.TreasuryPage(
        period=PERIOD,
        presets=tuple((name, "#") for name in ("today", "month", "last_month", "year")),
        by="service",
        groupings=tuple(
            Option(value=one, label=t(f"grouping.{one}"))
            for one in ("service", "cost_object", "day", "method", "provider")
        ),
    )
    wrong = replace(PERIOD, said=("2026-11-30", "2026-11-01"))
    figures = (("paid_cents", 1234560), ("open_cents", 84000), ("overdue_cents", 8400), ("fees_cents", 12999))
    whole = replace(page, figures=figures, panels=(_panel(t, "paid"), _panel(t, "open")))
    days = replace(_panel(t, "paid"), chart=_chart(t, upright=True))
    return {
        "cash-treasury": whole,
        "cash-treasury-days": replace(whole, by="day", panels=(days,), by_month=True),
        "cash-treasury-empty": page,
        "cash-treasury-wrong": replace(page, period=wrong, message="period_impossible"),
    }


def _chart(t: Translator, *, upright: bool, name: str = "paid") -> treasury.Chart:
    labels = ("Bewohnerparkausweis", t("treasury.others"), "Parkkarte") if not upright else ()
    bars = tuple(treasury.Bar(label=one, cents=900_000 // (n + 1), part_cents=n * 90_000)
                 for n, one in enumerate(labels))  # fmt: skip
    days = tuple(treasury.Bar(label=f"{n:02}/2026", cents=n % 7 * 4000, part_cents=n % 3 * 500)
                 for n in range(1, 13))  # fmt: skip
    words = t("treasury.chart_words", bars=3, top="A", most="1")
    return treasury.Chart(
        anchor=f"chart-{name}", title=t("treasury_panel.paid.title"), words=words, bars=bars or days,
        upright=upright,
    )  # fmt: skip


def _panel(t: Translator, name: str) -> treasury.Panel:
    columns = ("paid_count", "paid_cents", "surplus_cents")
    if name == "open":
        columns = ("open_count", "open_cents", "overdue_cents")
    values = ("1024", "12.345,60 €", "84,00 €")
    return treasury.Panel(
        name=name,
        chart=_chart(t, upright=False, name=name),
        columns=columns,
        rows=(
            treasury.SumRow(label="Bewohnerparkausweis", values=values),
            treasury.SumRow(label=t("treasury.no_key"), values=values),
        ),
        total=values,
        links=(("payments" if name == "paid" else "open-items", "#"),),
    )


def _lists(t: Translator) -> dict[str, Page]:
    row = {
        "claim_id": "1", "kassenzeichen": "LIN26000471109", "service": "bewohnerparkausweis",
        "cost_object": "P-4711", "amount_cents": 12000, "owed_cents": 12000, "charges_cents": 350,
        "requested_at": "2026-11-02T09:31:00+00:00", "booked_at": "2026-11-03T09:31:00+00:00",
        "pay_by": "2026-11-16", "overdue": True, "method": "direct_debit", "provider": "bank",
        "reference": "5O190127TN364715T-5O190127TN364715T", "code": "AC04", "kind": "surplus",
        "reason": "goodwill", "via": "transfer", "state": "unclear",
    }  # fmt: skip
    mandate = {
        **row, "reference": "LIN-M-000017", "kind": "recurring", "state": "active", "signed_on": "2026-01-02",
        "last_used_on": None,
    }  # fmt: skip
    choices = {
        "open-items": (("all", "#", True), ("true", "#", False)),
        "mandates": (("all", "#", False), ("active", "#", True)),
    }
    found: dict[str, Page] = {}
    for name, kind in treasury_lists.KINDS.items():
        given = mandate if name == "mandates" else row
        cells = kind.cells(t, given)
        page = treasury.ListPage(
            name=name,
            heads=kind.heads,
            rows=(treasury.ListRow(title=kind.title(given), cells=cells, url="#"),) * 2,
            period=PERIOD if kind.of_period else None,
            choices=choices.get(name, ()),
            next_url="#",
        )
        found[f"cash-{name}"] = page
    empty = replace(page, rows=(), next_url="")
    wrong = replace(empty, name="payments", period=PERIOD, choices=(), message="period_impossible")
    return {**found, "cash-mandates-empty": empty, "cash-payments-wrong": wrong}


def _exports() -> dict[str, Page]:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    batch = treasury.Export(
        number=17,
        first=NOW - timedelta(days=30),
        last=NOW,
        closed_at=NOW,
        entries=1024,
        lines=2048,
        sums=(("EUR", 123456789), ("CHF", 1205)),
        files=(("csv", "#", digest), ("xml", "#", digest)),
    )
    page = treasury.ExportsPage(
        action="#", exports=(batch, replace(batch, number=16)), hidden={"idempotency-key": "1"}, next_url="#"
    )
    nothing = replace(page, exports=(), next_url="", message="nothing_to_export")
    return {"cash-exports": page, "cash-exports-empty": nothing}


def _compared() -> dict[str, Page]:
    even = treasury.Compared(
        provider="GiroCheckout", day=NOW.date(), ours_cents=120000, theirs_cents=120000, difference_cents=0
    )
    odd = (
        treasury.Odd(side="unknown_here", reference="5O190127TN364715T", cents=3060, kind="payment"),
        treasury.Odd(side="differing", reference="LIN26000471109", cents=-10, kind="fee_of_payment", url="#"),
    )
    differs = replace(even, provider="PayPal", theirs_cents=123050, difference_cents=3050, odd=odd)
    untold = replace(even, theirs_cents=0, difference_cents=None)
    page = treasury.ReconciliationPage(
        period=PERIOD, presets=(("month", "#"), ("year", "#")), rows=(differs, even, untold)
    )
    return {
        "cash-reconciliation": page,
        "cash-reconciliation-even": replace(page, rows=(even,)),
        "cash-reconciliation-empty": replace(page, rows=()),
        "cash-reconciliation-wrong": replace(
            page, rows=(), period=replace(PERIOD, said=("x", "")), message="period_impossible"
        ),
    }
