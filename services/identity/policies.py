"""What identity does when something happened elsewhere: it tells the citizen that there is something new, and
where money is at stake also what to do; never what a case is about, nor an amount.

One letter for each step of a case: a permit that is issued and the case that it completes are one step, and
so are a reminder to pay and the suspension that follows it on the same day.
"""

from datetime import date
from typing import Final
from uuid import UUID

from services.identity.mail.letters import send_later
from shared.log import Unit

WITHOUT_LETTER: Final = frozenset({"receipt"})
REJECTIONS: Final = frozenset({"rejection_notice"})
PAYER_DIED: Final = "payer_died"
"""Why payments' cash office has ended a mandate."""
ESTATE: Final = "estate"
"""Whose turn it is where the payer has died, as payments names it: a person's, who writes to the heirs."""


async def send_news_when_document_is_issued(account_id: UUID, case_id: UUID, kind: str, unit: Unit) -> None:
    if kind not in WITHOUT_LETTER:
        send_news(account_id, case_id, "rejected" if kind in REJECTIONS else "completed", unit)


async def send_news_when_case_is_completed(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_news(account_id, case_id, "completed", unit)


async def send_news_when_case_is_rejected(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_news(account_id, case_id, "rejected", unit)


async def send_news_when_correction_is_requested(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_news(account_id, case_id, f"correction:{unit.context.causation}", unit)


async def send_news_when_correction_is_awaited(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_news(account_id, case_id, f"correction-awaited:{unit.context.causation}", unit)


async def send_news_when_approval_is_corrected(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    """The new document is another step, although the case was completed before."""
    send_news(account_id, case_id, f"approval-corrected:{unit.context.causation}", unit)


async def send_news_when_payer_is_reminded(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_news(account_id, case_id, f"unpaid:{unit.now.date()}", unit)


async def send_news_when_document_is_suspended(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_news(account_id, case_id, f"unpaid:{unit.now.date()}", unit)


async def send_news_when_debit_is_announced(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    """Who is debited is told ahead; amount and day are in the case."""
    send_news(account_id, case_id, f"debit-announced:{unit.context.causation}", unit)


async def tell_when_debit_is_put_off(account_id: UUID, debit_id: UUID, due: date, unit: Unit) -> None:
    """The day that was told holds no longer: the payer is told the new one, once for each."""
    send_later(unit, "debit_put_off", account_id, key=f"{debit_id}:{due}", day=due)


async def send_news_when_debit_arrangement_has_ended(
    account_id: UUID, case_id: UUID, reason: str, unit: Unit
) -> None:
    """One letter a case: the mandate's end concerns all of its instalments at once. None where the cash
    office has found that the payer died."""
    if reason != PAYER_DIED:
        send_news(account_id, case_id, f"debit-arrangement-ended:{unit.now:%Y-%m-%d}", unit)


async def remind_when_fee_is_about_to_be_late(
    account_id: UUID, case_id: UUID, pay_by: date, unit: Unit
) -> None:
    """The case expires after the day; who has transferred already is told that nothing is to be done."""
    send_later(unit, "fee_reminder", account_id, key=f"{case_id}:{pay_by}", day=pay_by)


async def tell_when_rest_is_awaited(account_id: UUID, payment_id: UUID, pay_by: date, unit: Unit) -> None:
    """Once for each part that came."""
    send_later(unit, "part_received", account_id, key=str(payment_id), day=pay_by)


async def tell_when_application_has_expired(account_id: UUID, case_id: UUID, unit: Unit) -> None:
    send_later(unit, "application_expired", account_id, key=str(case_id))


async def tell_when_payment_went_back(account_id: UUID, payment_id: UUID, concern: str, unit: Unit) -> None:
    """One letter for each payment that the bank took back or a debit that it refused, whatever is told of it
    again; what to do next goes by the bank's reason. None where the bank says that the payer has died."""
    if concern != ESTATE:
        send_later(unit, "payment_returned", account_id, key=str(payment_id), reason=concern)


def send_news(account_id: UUID, case_id: UUID, step: str, unit: Unit) -> None:
    send_later(unit, "news", account_id, key=f"{case_id}:{step}")
