"""All pages by preview name. The people and numbers are invented; each page comes in the asked language."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway import formats
from gateway.pages.second_person import seen_field
from gateway.preview import samples_forms as forms
from gateway.preview.samples_account import own_account
from gateway.preview.samples_cash import cash_office
from gateway.preview.samples_instalments import in_instalments
from gateway.preview.samples_permits import permit_checks
from gateway.translations import Translator
from gateway.views import accounts, cases, notices, payments, services, work
from gateway.views.answers import (
    debit_fields,
    email_field,
    field_sentence,
    password_field,
    revocation_field,
    settlement_fields,
)
from gateway.views.frame import Page, Tone

NOW = datetime(2026, 11, 22, 13, 2, tzinfo=UTC)
STEPS = (
    ("Antrag eingegangen", "Application received", "Vorgang BPA-2026-004711", "Case BPA-2026-004711"),
    ("Zahlung bestätigt", "Payment confirmed", "Wero, 120,00 €", "Wero, €120.00"),
    ("Angaben geprüft", "Details checked", "", ""),
    ("Ausweis ausgestellt und gesiegelt", "Permit issued and sealed", "", ""),
)


def pages(t: Translator) -> dict[str, Page]:
    """Name → view model; the names are the preview's addresses."""
    german = t.language == "de"
    return {
        **_services(t, german),
        **_cases(german),
        **_accounts(t),
        **own_account(t),
        **in_instalments(t),
        **permit_checks(),
        **_work(german),
        **cash_office(t),
        **_notices(),
    }


def _bank_payments(t: Translator) -> dict[str, Page]:
    transfer = payments.TransferPage(
        case_url="#", other_url="#", number="BPA-2026-004711", holder="Stadtkasse Lindenau",
        iban="DE02 1203 0000 0000 2020 51", bic="BYLADEM1001", amount_cents=12000, text="47112600000122",
        picture="data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=",
        pay_by=date(2026, 12, 6),
    )  # fmt: skip
    debit = payments.DebitPage(
        action="#", other_url="#", number="BPA-2026-004711", creditor="Stadtkasse Lindenau",
        creditor_id="DE98ZZZ09999999999", mandate="47112600000122-M1", amount_cents=12000,
        due=date(2026, 12, 10), fields=debit_fields(t, {}, {}), hidden={"key": "1"},
    )  # fmt: skip
    error = {"iban": t("field_error.iban_check_digits")}
    typed = {"holder": "Ada Lovelace", "iban": "DE88 3704 0044 0532 0130 00"}
    return {
        "payment-transfer": transfer,
        "payment-transfer-part": replace(transfer, paid_cents=3000, amount_cents=9000),
        "payment-debit": debit,
        "payment-debit-errors": replace(debit, fields=debit_fields(t, typed, error)),
    }


def _services(t: Translator, de: bool) -> dict[str, Page]:
    cards = forms.cards(de)
    form = forms.permit_form(de)
    review = forms.review(de)
    faulty = forms.with_errors(form, t)
    method = payments.Method
    payment = payments.PaymentPage(
        action="#",
        case_url="/vorgang/1",
        number="BPA-2026-004711",
        title=cards[0].title,
        amount_cents=12000,
        kassenzeichen="LIN26000471109",
        pay_by=date(2026, 12, 6),
        summary=forms.summary(de),
        hidden={"key": "1"},
        methods=(
            method(key="wero", icon="phone", recommended=True),
            method(key="card", icon="card"),
            method(key="paypal", icon="wallet"),
            method(key="direct_debit", icon="bank", consequence="debit"),
            method(key="transfer", icon="bank", consequence="transfer"),
        ),
    )
    return {
        "start": services.StartPage(cards=cards),
        "search": services.StartPage(cards=cards[:1], query="parken"),
        "search-nothing": services.StartPage(cards=(), query="Fahrrad"),
        "service": forms.service(de),
        "service-clerk": replace(forms.service(de), instant=False, usual=None, draft_url="#"),
        "form": form,
        "form-errors": faulty,
        "form-correction": replace(
            form, correction="Bitte laden Sie …" if de else "Please check the plate.", draft_possible=False
        ),
        "dog-form": forms.dog_form(de),
        "review": review,
        "payment": payment,
        **_bank_payments(t),
        "payment-preparing": payments.PreparingPage(case_url="#", live_url=""),
        "payment-failed": replace(payment, outcome="failed", chosen="card"),
    }


def _steps(de: bool, now: int) -> tuple[cases.Step, ...]:
    def step(place: int) -> cases.Step:
        title, other, detail, detail_en = STEPS[place]
        done = place < now
        return cases.Step(
            progress="done" if done else "now" if place == now else "todo",
            title=title if de else other,
            detail=(detail if de else detail_en) if done else "",
            at=NOW + timedelta(seconds=40 * place) if done else None,
        )

    return tuple(step(place) for place in range(len(STEPS)))


def _permit() -> cases.Document:
    return cases.Document(
        url="#",
        kind="resident_parking_permit",
        number="BPA-26-004711",
        valid_from=date(2026, 12, 1),
        valid_until=date(2027, 11, 30),
    )


def _running(de: bool) -> cases.CasePage:
    return cases.CasePage(
        case_id="1",
        number="BPA-2026-004711",
        title=forms.cards(de)[0].title,
        situation="payment_pending",
        tone="info",
        steps=_steps(de, 1),
        groups=forms.groups(de),
        submitted_at=NOW,
        fee_cents=12000,
        live_url="/vorgang/1/ereignisse",
        can_withdraw=True,
    )


def _ended(de: bool, **more: Any) -> cases.CasePage:
    """A case to which nothing more happens."""
    return replace(_running(de), live_url="", can_withdraw=False, **more)


def _rejected(de: bool) -> cases.CasePage:
    reason = "Die Wohnung liegt in keinem Bewohnerparkgebiet." if de else "The flat is in no residents’ zone."
    stopped = cases.Step(progress="stopped", title="Abgelehnt" if de else "Rejected", at=NOW)
    return _ended(
        de,
        situation="rejected",
        tone="danger",
        reason=reason,
        steps=(*_steps(de, 2)[:2], stopped),
        documents=(cases.Document(url="#", kind="rejection_notice"),),
    )


def _cases(de: bool) -> dict[str, Page]:
    receipt = cases.Document(url="#", kind="receipt", number="LIN26000471109")
    due = cases.Todo(kind="pay", url="#", until=date(2026, 12, 6))
    return {
        "case": _running(de),
        "case-unpaid": replace(_running(de), situation="awaiting_payment", todo=due),
        "case-done": _ended(
            de,
            situation="completed",
            tone="success",
            steps=_steps(de, 4),
            documents=(_permit(), receipt),
            paid=True,
        ),
        "case-rejected": _rejected(de),
        "case-revoked": _ended(
            de, situation="revoked", tone="danger", documents=(replace(_permit(), revoked=True),)
        ),
        "case-suspended": _ended(
            de, situation="suspended", tone="danger", documents=(replace(_permit(), suspended=True),)
        ),
        **_lists(de),
    }


def _lists(de: bool) -> dict[str, Page]:
    row = cases.CaseRow(
        url="#",
        number="BPA-2026-004711",
        title=forms.cards(de)[0].title,
        icon="car",
        state="completed",
        tone="success",
        submitted_at=NOW,
    )
    dog = forms.cards(de)[1].title
    mine = cases.MyCasesPage(
        cases=(
            replace(row, number="BPA-2026-004902", state="awaiting_payment", tone="warning", todo="pay"),
            replace(row, number="HST-2026-000313", title=dog, icon="dog", state="with_clerk", tone="info"),
            row,
        ),
        drafts=(
            cases.DraftRow(
                url="#",
                delete_url="#",
                title=dog,
                icon="dog",
                saved_at=NOW,
                kept_until=NOW + timedelta(days=30),
            ),
        ),
    )
    withdraw = cases.WithdrawPage(action="#", back_url="#", number=row.number, title=row.title, paid=True)
    return {"cases": mine, "cases-none": cases.MyCasesPage(cases=()), "withdraw": withdraw}


def _accounts(t: Translator) -> dict[str, Page]:
    weak = field_sentence(t, "password_weak", t("account.password"))
    wrong_mail = field_sentence(t, "email_impossible", t("account.email"))
    register = accounts.RegisterPage(email=email_field(t), password=password_field(t, new=True))
    results: dict[str, Page] = {
        f"link-{result}": accounts.LinkResultPage(result=result)
        for result in ("confirmed", "expired", "used", "unknown", "password_changed")
    }
    return {
        "login": accounts.LoginPage(email=email_field(t), password=password_field(t)),
        "login-wrong": accounts.LoginPage(
            email=email_field(t, "kim@example.org"), password=password_field(t), message="wrong_credentials"
        ),
        "register": register,
        "register-errors": replace(
            register,
            email=email_field(t, "kim@", wrong_mail),
            password=password_field(t, new=True, error=weak),
        ),
        "mail-sent": accounts.MailSentPage(purpose="registration", email="kim@example.org"),
        "mail-sent-reset": accounts.MailSentPage(purpose="reset", email="kim@example.org"),
        "confirm": accounts.ConfirmPage(action="#", password=password_field(t)),
        "forgot": accounts.ForgotPasswordPage(email=email_field(t)),
        "reset": accounts.ResetPasswordPage(action="#", password=password_field(t, new=True)),
        **results,
    }


def _work(de: bool) -> dict[str, Page]:
    reason = "Melderegister weicht ab" if de else "Population register differs"
    history = tuple(
        work.HistoryEntry(at=NOW + timedelta(seconds=40 * n), title=step[0 if de else 1], actor=actor)
        for n, (step, actor) in enumerate(zip(STEPS[:3], ("citizen", "provider", "system"), strict=True))
    )
    file = work.CaseFilePage(
        number="BPA-2026-004000",
        service=forms.cards(de)[0].title,
        applicant="Kim Muster",
        state="with_clerk",
        tone="warning",
        submitted_at=NOW,
        due=date(2026, 11, 24),
        reasons=(reason,),
        groups=forms.groups(de),
        steps=_steps(de, 2),
        history=history,
        action="#",
        hidden={"version": "4"},
        reject_reasons=forms.reject_reasons(de),
        payment=work.Payment(
            state="settled",
            tone="success",
            amount_cents=12000,
            kassenzeichen="LIN26000471109",
            settled_at=NOW,
        ),
        register=work.Register(outcome="mismatch", tone="warning", at=NOW),
    )
    figures = (("38", "open"), ("5", "due_today"), ("96 %", "automatic"), ("42 s", "median"))
    decided = replace(
        file,
        state="completed",
        tone="success",
        action="",
        reasons=(),
        revoke_action="#",
        revoke_fields=(revocation_field(Translator("de" if de else "en")),),
        documents=(cases.Document(url="#", kind="resident_parking_permit", number="BPA-26-004000"),),
    )
    return {
        "worklist": work.WorklistPage(
            figures=tuple(work.Figure(value=value, label=label) for value, label in figures),
            rows=_rows(de, reason),
        ),
        "worklist-empty": work.WorklistPage(figures=(), rows=()),
        **_money(Translator("de" if de else "en")),
        "case-file": file,
        "case-file-refused": replace(file, message="reason_missing", decision="reject"),
        "case-file-decided": decided,
    }


def _rows(de: bool, reason: str) -> tuple[work.WorkRow, ...]:
    names = ("Kim Muster", "Ayşe Yılmaz", "Jörg Groß", "Łukasz Nowak", "Zoë Ağaoğlu")
    states: tuple[tuple[str, Tone], ...] = (("with_clerk", "warning"), ("correction_requested", "info"))
    return tuple(
        work.WorkRow(
            url="#",
            number=f"BPA-2026-{4000 + n:06d}",
            service=forms.cards(de)[n % 2].title,
            applicant=names[n % 5],
            submitted_at=NOW - timedelta(days=n),
            due=date(2026, 11, 22 + n),
            urgent=n < 2,
            state=states[n % 2][0],
            tone=states[n % 2][1],
            reasons=(reason,) if n % 3 == 0 else (),
        )
        for n in range(8)
    )


def _money(t: Translator) -> dict[str, Page]:
    tasks = tuple(
        work.MoneyTask(
            kind=kind,
            amount_cents=3060,
            since=NOW,
            url="#",
            claim_url="/arbeit/forderungen/1",
            version=4,
            kassenzeichen="LIN26000471109",
            case_number="BPA-2026-004000",
        )
        for kind in ("refund_due", "second_payment", "amount_differs", "after_cancellation")
    )
    waits = replace(
        tasks[1],
        proposed="returned_by_transfer",
        proposed_by="colleague",
        proposed_at=NOW,
        voucher="AA-2026-004711",
    )
    seen = seen_field(t, waits.voucher, formats.money(waits.amount_cents, t.language))
    tasks = (waits, *tasks)
    task = work.MoneyTaskPage(task=tasks[1], fields=settlement_fields(t, {}), message="how_missing")
    return {
        "work-money": work.MoneyTasksPage(tasks=tasks, next_url="#"),
        "work-money-empty": work.MoneyTasksPage(tasks=()),
        "work-money-task": task,
        "work-money-second": replace(task, fields=(), task=waits, seen=seen, message=""),
        "work-money-own": replace(
            task,
            fields=(),
            task=replace(waits, proposed_by="you"),
            why_not="second_person_needed",
            message="",
        ),
        "work-money-done": replace(task, done="returned_by_transfer", message=""),
    }


def _notices() -> dict[str, Page]:
    errors = {
        401: "login_required",
        403: "forbidden",
        404: "not_found",
        405: "method_not_allowed",
        400: "bad_request",
        413: "too_large",
        429: "too_many_requests",
        500: "internal",
        503: "unavailable",
    }
    return {
        **{
            f"error-{status}": notices.ErrorPage(
                status=status,
                slug=slug,
                request_id="0193-5f2a" if status == 500 else "",
                retry_after_seconds=45 if status == 429 else None,
            )
            for status, slug in errors.items()
        },
        "error-csrf": notices.ErrorPage(status=403, slug="csrf"),
        "imprint": notices.LegalPage(topic="imprint"),
        "privacy": notices.LegalPage(topic="privacy"),
        "accessibility": notices.LegalPage(topic="accessibility"),
    }
