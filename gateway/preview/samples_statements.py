"""Sample pages of statements that are brought."""

from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.translations import Translator
from gateway.views import statements
from gateway.views.forms import Field, Option
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)


def statement_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    options = (
        Option(value="bank", label=t("statements.of_bank"), hint=t("statements.bank_hint")),
        Option(value="paypal", label="PayPal", hint=t("statements.provider_hint")),
    )
    source = Field(name="source", kind="choice", label=t("statements.source"), options=options, value="bank")
    file = statements.BankFile(
        url="#", name="2026-11-21_DE02120300000000202051_EUR_000231.xml", kind="camt_053", state="done",
        tone="success", size="14 871 KB", stored_at=NOW,
    )  # fmt: skip
    page = statements.StatementsPage(
        action="#", fields=(source,), files=(replace(file, state="waiting", tone="info"), file),
        hidden={"idempotency-key": "1"},
    )  # fmt: skip
    told = statements.ProviderResult(
        provider="PayPal", rows=1024, new=1000, known=24, fees_cents=12999, told_until=date(2026, 11, 21)
    )
    gaps = (
        statements.Gap(number=4, missing=0, amount="9.998,00 €"), statements.Gap(number=None, missing=2),
    )  # fmt: skip
    even = statements.AccountBalance(
        closing_on=date(2026, 11, 21), closing="12.345,67 €", bank="2.345,67 €", books="2.345,67 €"
    )
    differs = replace(even, books="2.340,67 €", difference="5,00 €", unseen="8,00 €", ahead="3,00 €")
    return {
        "cash-statements": replace(page, balances=(even,)),
        "cash-statements-told": replace(page, result=told),
        "cash-statements-word": replace(
            page, message="statement_unreadable", line=7, reason="kind", word="Spende", files=()
        ),
        "cash-statements-gaps": replace(page, gaps=gaps, balances=(differs, replace(even, closing_on=None))),
        "cash-statements-wrong": replace(page, message="file_not_xml", line=1024, files=()),
        "cash-statements-nobody": replace(page, fields=(), files=None),
        **_files(file),
    }


def _files(file: statements.BankFile) -> dict[str, Page]:
    figures = (("matched", 9876), ("proposed", 24), ("left_over", 99), ("known", 1))
    done = statements.BankFilePage(
        file=file, live_url="#", taken=9999, payments=10000, figures=figures,
        gaps=(statements.Gap(number=231, missing=2),), again=True,
    )  # fmt: skip
    answer = replace(file, kind="pain_002", name="antwort.xml")
    return {
        "cash-file": done,
        "cash-file-waiting": replace(
            done, file=replace(file, state="waiting", tone="info"), taken=1234, gaps=(), again=False
        ),
        "cash-file-failed": replace(done, file=replace(file, state="failed", tone="danger"), gaps=()),
        "cash-file-answer": replace(
            done, file=answer, payments=None, figures=(("debits", 12), ("rejected", 1)), gaps=(), again=False
        ),
    }
