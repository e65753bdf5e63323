"""Puts the bank's part of payments together, where a town has set it up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.payments.bank import arranging, collecting, intake
from services.payments.bank.answers import Answers
from services.payments.bank.arranging import ANNOUNCE, Arranging
from services.payments.bank.booking import Booking
from services.payments.bank.chain import WATCH as WATCH_STATEMENTS
from services.payments.bank.chain import Chain
from services.payments.bank.collecting import COLLECT, SUBMIT, Collecting
from services.payments.bank.debiting import Debiting, Rules
from services.payments.bank.filed import WATCH, Filed
from services.payments.bank.files import BankFiles
from services.payments.bank.groups import MATCH, Groups
from services.payments.bank.intake import FETCH, TAKE, Intake
from services.payments.bank.lapsing import LAPSE, Lapsing
from services.payments.bank.lookups import Lookups
from services.payments.bank.matching import Numbers
from services.payments.bank.paying import Paying
from services.payments.bank.payouts import Payouts
from services.payments.bank.transport import FileDrop, Transport
from services.payments.bank.uploading import Uploading
from services.payments.sepa.creditor import CreditorIdRefused, read_creditor_id
from services.payments.sepa.debits import Creditor
from services.payments.sepa.iban import IbanRefused, read_iban
from shared.log import Unit
from shared.service import Runtime
from shared.settings import StartRefused
from shared.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Bank:
    """The parts that tasks and HTTP work with."""

    files: BankFiles
    debiting: Debiting
    collecting: Collecting
    intake: Intake
    lapsing: Lapsing
    paying: Paying
    lookups: Lookups
    arranging: Arranging
    uploading: Uploading
    filed: Filed
    groups: Groups
    chain: Chain

    def register(self, tasks: Tasks) -> None:
        """The recurring looks at the calendar and at the bank's folder, and what they set off."""
        tasks.recur(COLLECT, self.collecting.collect)
        tasks.on(SUBMIT)(self.collecting.submit)
        tasks.recur(FETCH, self.intake.fetch)
        tasks.recur(LAPSE, self.lapsing.look)
        tasks.recur(ANNOUNCE, self.arranging.look)
        tasks.recur(WATCH, self.filed.watch)
        tasks.recur(WATCH_STATEMENTS, self.chain.watch)
        tasks.on(TAKE)(self.intake.take)
        tasks.on(MATCH)(self.groups.match)


def bank_of(runtime: Runtime) -> Bank | None:
    """None where no account is set. Raises StartRefused for an account that is none."""
    settings = runtime.settings
    if not settings.bank_iban:
        return None
    return assemble(runtime, creditor_of(settings), FileDrop(Path(settings.bank_folder)))


def assemble(runtime: Runtime, creditor: Creditor, transport: Transport) -> Bank:
    """The parts around one account and one way to the bank."""
    settings, units = runtime.settings, _units(runtime)
    rules = Rules(ZoneInfo(settings.city_time_zone), settings.debit_notice_days, settings.debit_again)
    files, lookups = BankFiles(runtime.pool, runtime.keys), Lookups(runtime.pool, runtime.keys)
    debiting = Debiting(rules)
    numbers = Numbers(settings.kassenzeichen_prefix, settings.kassenzeichen_scheme)
    groups, chain = Groups(lookups, debiting, units), Chain(runtime.pool, creditor.iban)
    payouts = Payouts(runtime.pool, settings.payout_payers)
    booking = Booking(lookups, debiting, units, creditor.iban, numbers, payouts, groups, chain)
    answers = Answers(lookups, debiting, units, groups)
    pace = settings.bank_pace_seconds and timedelta(seconds=settings.bank_pace_seconds)
    taking = Intake(files, transport, answers, booking, units, pace or intake.PAUSE)
    return Bank(
        files, debiting,
        Collecting(
            runtime.pool, files, transport, creditor, debiting, units, pace or collecting.PAUSE
        ),
        taking, Lapsing(runtime.pool, rules, units), Paying(creditor, debiting), lookups,
        Arranging(runtime.pool, debiting, units, pace or arranging.PAUSE),
        Uploading(runtime.pool, taking, lookups), Filed(runtime.pool, files, rules),
        groups, chain,
    )  # fmt: skip


def creditor_of(settings: Any) -> Creditor:
    """Who debits. Raises StartRefused with the reason."""
    try:
        account = read_iban(settings.bank_iban)
        identifier = read_creditor_id(settings.creditor_id)
    except IbanRefused as refused:
        raise StartRefused(f"Not started: PORTAL_BANK_IBAN is no account: {refused.reason}.") from refused
    except CreditorIdRefused as refused:
        raise StartRefused(f"Not started: PORTAL_CREDITOR_ID: {refused}") from refused
    if not settings.bank_holder or not settings.bank_folder:
        raise StartRefused("Not started: PORTAL_BANK_IBAN needs PORTAL_BANK_HOLDER and PORTAL_BANK_FOLDER.")
    return Creditor(settings.bank_holder, account.number, identifier, account.bic)


def _units(runtime: Runtime) -> Callable[[], Unit]:
    return runtime.unit
