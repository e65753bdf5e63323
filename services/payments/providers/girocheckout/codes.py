"""GiroCheckout's codes as data: 4xxx and 6xxx tell what became of a payment, 5xxx how a call went.

Source: the provider's list of result codes and the SDK's response-code helper; the portal's outcome and
reaction per code are ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.payments.providers.port import Reaction, State


@dataclass(frozen=True, slots=True)
class Code:
    """`state` is the outcome where the code stands for a payment's result.

    `reaction` says who must act when the call itself is refused with it; None means no verdict on the call:
    the answer is not known and may be asked for again. `pending` says that the payer has done their part.
    """

    number: int
    meaning: str
    state: State
    reaction: Reaction | None = None
    pending: bool = False


def _failed(numbers: range | tuple[int, ...], meaning: str) -> Iterator[Code]:
    for number in numbers:
        yield Code(number, meaning, State.FAILED, Reaction.DECLINED)


def _refused(numbers: range | tuple[int, ...], meaning: str, reaction: Reaction) -> Iterator[Code]:
    for number in numbers:
        yield Code(number, meaning, State.UNKNOWN, reaction)


def _unknown(numbers: range | tuple[int, ...], meaning: str) -> Iterator[Code]:
    for number in numbers:
        yield Code(number, meaning, State.UNKNOWN)


_ALL = (
    Code(4000, "paid", State.SUCCEEDED),
    *_failed((4001, 4002, 4020, 4021, 4022), "giropay or age check, no longer offered"),
    *_failed((4051,), "bank account invalid"),
    *_failed(range(4101, 4109), "card error"),
    *_failed((4151, 4153, 4154), "PayPal error"),
    Code(4152, "PayPal decides later", State.UNKNOWN, pending=True),
    *_unknown((4500,), "outcome unknown"),
    Code(4501, "timeout, no input", State.EXPIRED, Reaction.DECLINED),
    Code(4502, "aborted by the payer", State.CANCELLED, Reaction.DECLINED),
    Code(4503, "duplicate transaction", State.UNKNOWN, Reaction.DUPLICATE),
    *_failed((4504, 4505), "suspicion or means of payment blocked"),
    *_failed((4506,), "Bluecode, no longer offered"),
    *_failed((4900,), "not successful"),
    *_refused((5000, 5001), "authentication failed or no permission", Reaction.CONFIGURATION),
    *_refused((5002,), "hash invalid", Reaction.CONFIGURATION),
    *_refused((5003, 5004), "mandatory field missing or call invalid", Reaction.BUG),
    *_refused(
        (5020, 5021, 5022, 5023), "merchantId, projectId, merchantTxId or purpose invalid", Reaction.BUG
    ),
    Code(5026, "BIC invalid", State.FAILED, Reaction.PAYER),
    Code(5027, "IBAN invalid", State.FAILED, Reaction.PAYER),
    *_refused((5030, 5033), "amount or currency invalid", Reaction.BUG),
    *_refused((5032, 5051, 5052), "mandate field invalid", Reaction.BUG),
    *_refused((5034,), "transaction does not exist", Reaction.BUG),
    *_refused((5055, 5056, *range(5117, 5121)), "URL invalid", Reaction.BUG),
    *_refused((5086,), "wrong type of parent transaction", Reaction.DECLINED),
    *_refused((*range(5096, 5100), *range(5500, 5505)), "payment page field invalid", Reaction.BUG),
    *_refused((5505,), "single-use payment page already used", Reaction.DUPLICATE),
    *_unknown((5100, 5101), "payment processor failed or cannot be reached"),
    *_refused((5114,), "not a transaction of a payment page", Reaction.BUG),
    *_refused((5116,), "Kassenzeichen invalid", Reaction.BUG),
    *_failed((5200, 5202, 5203, 5204, 5205), "not accepted by the bank"),
    *_unknown((5201,), "bank offline"),
    *_failed((6001, 6002), "bank unknown or without this service"),
    *_unknown((7000, 7001), "risk check, says nothing about the payment"),
    *_unknown((9999,), "internal error at the provider"),
)

CODES: dict[int, Code] = {code.number: code for code in _ALL}
OK = 0


def look_up(number: int) -> Code:
    """The code's row. A code nobody listed is never a success and never final: UNKNOWN, and as an answer to a
    call in the 5xxx range a bug alarm, because the provider complains about something we do not know."""
    if number in CODES:
        return CODES[number]
    return Code(number, "unlisted code", State.UNKNOWN, Reaction.BUG if 5000 <= number < 5600 else None)
