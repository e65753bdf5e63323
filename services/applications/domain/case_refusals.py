"""Why a case refuses a decision: a class for each, and nothing has changed."""

from collections.abc import Sequence
from datetime import datetime

from services.applications.domain.conditions import Condition, Step


class CaseRefused(Exception):
    """A decision that this case does not allow; nothing has changed."""


class NotPossibleNow(CaseRefused):
    """The step does not lead on from the condition the case is in."""

    def __init__(self, step: Step, condition: Condition) -> None:
        super().__init__(f"{step} is not possible while {condition}")
        self.step, self.condition = step, condition


class NeedsAClerk(CaseRefused):
    """The rules may not decide this case; `reasons` say why."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"a clerk decides: {', '.join(reasons)}")
        self.reasons = tuple(reasons)


class AlreadySettled(CaseRefused):
    """The fee of this case was recorded as settled before."""


class NothingSettled(CaseRefused):
    """No payment of this case is there that could be taken back, or become final."""


class MoneyAwaited(CaseRefused):
    """Money for the fee is on its way, or promised `until` then."""

    def __init__(self, case_number: str, until: datetime | None) -> None:
        super().__init__(case_number)
        self.until = until


class AlreadyAwaited(CaseRefused):
    """The money of this attempt is awaited, or was."""


class NothingAwaited(CaseRefused):
    """No money of this attempt is awaited."""


class TimeIsUp(CaseRefused):
    """Parts of the fee have given all the time that they may."""


class AlreadyReminded(CaseRefused):
    """The citizen was reminded of this day to pay by."""


class FeeNotSettled(CaseRefused):
    """A fee that is due before the decision is not paid."""


class AmountDiffers(CaseRefused):
    """What was settled is not the fee of this case."""


class InstalmentsDiffer(CaseRefused):
    """The instalments are not those of this case's charge."""


class FeeWouldChange(CaseRefused):
    """A correction may not change a fee that is due before the decision."""


class ReasonMissing(CaseRefused):
    """A clerk's decision against the citizen needs its reason in words."""
