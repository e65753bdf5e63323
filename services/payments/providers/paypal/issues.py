"""Why PayPal refuses, as data: `details[].issue` of an error → who must act.

Source: PayPal's error lists of Orders v2 and Payments v2; the reaction per issue is ours.
"""

from services.payments.providers.port import Reaction

ALREADY_CAPTURED = "ORDER_ALREADY_CAPTURED"
_BY_REACTION = {
    Reaction.PAYER: (
        "INSTRUMENT_DECLINED",
        "ORDER_NOT_APPROVED",
        "PAYER_ACTION_REQUIRED",
        "PAYER_CANNOT_PAY",
        "TRANSACTION_REFUSED",
        "CARD_EXPIRED",
    ),
    Reaction.DUPLICATE: ("DUPLICATE_INVOICE_ID", "DUPLICATE_REQUEST_ID"),
    Reaction.CONFIGURATION: (
        "INVALID_TOKEN",
        "PERMISSION_DENIED",
        "PERMISSION_NOT_GRANTED",
        "INVALID_ACCOUNT_STATUS",
        "PAYEE_ACCOUNT_INVALID",
        "PAYEE_ACCOUNT_LOCKED_OR_CLOSED",
        "PAYEE_ACCOUNT_RESTRICTED",
        "PAYEE_BLOCKED_TRANSACTION",
        "PAYEE_NOT_ENABLED_FOR_CARD_PROCESSING",
        "CURRENCY_NOT_SUPPORTED",
        "REFUND_FAILED_INSUFFICIENT_FUNDS",
    ),
    Reaction.DECLINED: (
        "COMPLIANCE_VIOLATION",
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
        "PAYER_ACCOUNT_RESTRICTED",
        "TRANSACTION_LIMIT_EXCEEDED",
        "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
        "TRANSACTION_BLOCKED_BY_PAYEE",
        "CAPTURE_FULLY_REFUNDED",
        "CAPTURE_STATUS_NOT_VALID",
        "REFUND_AMOUNT_EXCEEDED",
        "REFUND_NOT_ALLOWED",
        "REFUND_TIME_LIMIT_EXCEEDED",
        "REFUND_IS_RESTRICTED",
        "PARTIAL_REFUND_NOT_ALLOWED",
        "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
        "TRANSACTION_DISPUTED",
    ),
}
ISSUES: dict[str, Reaction] = {
    issue: reaction for reaction, issues in _BY_REACTION.items() for issue in issues
}


def reaction_to(issue: str, status: int) -> Reaction:
    """An issue nobody listed is an alarm: of the account where PayPal doubts who we are, else of our call."""
    return ISSUES.get(issue, Reaction.CONFIGURATION if status in {401, 403} else Reaction.BUG)
