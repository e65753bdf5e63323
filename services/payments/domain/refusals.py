"""What a claim does not allow; `slug` says which rule, as the API names it."""


class ClaimRefused(Exception):
    """A command that the claim does not allow now."""

    slug = "refused"


class NotPayable(ClaimRefused):
    """The claim is settled or cancelled: there is nothing to pay."""

    slug = "nothing_to_pay"


class NotLater(ClaimRefused):
    """The day by which a claim is to be paid moves to a later one, never back."""

    slug = "not_later"


class PaymentBeingChecked(ClaimRefused):
    """An earlier attempt may yet turn out to be paid; a second one could pay twice."""

    slug = "payment_being_checked"


class DebitUnderWay(ClaimRefused):
    """A debit of this claim is announced: a second one would debit twice."""

    slug = "debit_under_way"


class UnknownAttempt(ClaimRefused):
    """No attempt of this claim has this id."""

    slug = "unknown_attempt"


class AttemptDecided(ClaimRefused):
    """What became of this attempt is known: there is nothing to find out."""

    slug = "attempt_decided"


class AttemptStillAsked(ClaimRefused):
    """The provider is being asked what became of this attempt: nobody says it in its place."""

    slug = "attempt_still_asked"


class FindingWaits(ClaimRefused):
    """What somebody found of this attempt waits for a second person."""

    slug = "finding_waits"


class NoSuchFinding(ClaimRefused):
    """Nobody has found this of the attempt, or it was decided on."""

    slug = "finding_unknown"


class UnknownPayment(ClaimRefused):
    """No money of this claim came under this id."""

    slug = "payment_unknown"


class UnknownMoneyTask(ClaimRefused):
    """Nothing of this claim is for a person to see to under this number."""

    slug = "money_task_unknown"


class MoneyTaskDone(ClaimRefused):
    """Somebody has seen to this money before; it must not be paid out twice."""

    slug = "money_task_done"


class RefundUnderWay(ClaimRefused):
    """A refund of this money waits for a second person or is on its way; it must not be paid out twice."""

    slug = "refund_under_way"


class SettlementWaits(ClaimRefused):
    """What somebody said of this money waits for a second person."""

    slug = "settlement_waits"


class NoSuchSettlement(ClaimRefused):
    """Nobody has said this of the money, or it was decided on."""

    slug = "settlement_unknown"


class AmountDiffers(ClaimRefused):
    """A task is done in full, or not at all."""

    slug = "amount_differs"


class VoucherImpossible(ClaimRefused):
    """What was given as the voucher's number cannot be one."""

    slug = "voucher_impossible"


class NotRefundable(ClaimRefused):
    """The claim is not settled: there is no payment to give back."""

    slug = "not_refundable"


class RefundTooHigh(ClaimRefused):
    """More than was received and not given back yet."""

    slug = "refund_too_high"


class NotReducible(ClaimRefused):
    """The claim is not open: there is nothing to claim less of."""

    slug = "not_reducible"


class ReductionTooHigh(ClaimRefused):
    """More than is open of the fee; what dunning has cost is not reduced."""

    slug = "reduction_too_high"


class CashNotVoidable(ClaimRefused):
    """No entry of the till, or one with whose money something was done: it is not undone any more."""

    slug = "cash_not_voidable"


class CashDayOver(ClaimRefused):
    """The till of that day is closed: money goes back as a refund."""

    slug = "cash_day_over"


class UnknownRefund(ClaimRefused):
    """No refund of this claim has this id."""

    slug = "refund_unknown"


class RefundDecided(ClaimRefused):
    """Nobody has to approve this refund any more."""

    slug = "refund_decided"


class SecondPersonNeeded(ClaimRefused):
    """Who asked for a refund cannot approve it."""

    slug = "second_person_needed"
