"""GiroCheckout's notification: a GET whose `gc*` parameters are signed by `gcHash`.

The hash covers the values joined without a separator, neither names nor borders between them. Taken literally
a payer, who sees the same signed parameters on the way back, could rename two of them or move a border and
keep the hash valid. Hence: documented order only, each name once, strict formats, and one single place where
currency and result code can stand. What stays possible (digits moved between bank id and amount) no longer
agrees with the stored attempt, and the caller asks `status` then, as the port demands.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

from services.payments.providers.girocheckout import codes, hashes
from services.payments.providers.girocheckout.account import Project
from services.payments.providers.girocheckout.fields import NOTIFY, NOTIFY_PAGE, NOTIFY_REQUIRED
from services.payments.providers.port import CallbackForged, Method, Notification, Outcome

_LONGEST_QUERY = 8192
_FORMATS = {
    "gcReference": re.compile(r"[0-9a-fA-F-]{36}"),
    "gcMerchantTxId": re.compile(r"[A-Za-z0-9&=+,:;._!?#/-]{1,255}"),
    "gcBackendTxId": re.compile(r"[^\s]{0,255}"),
    "gcAmount": re.compile(r"[0-9]{1,12}"),
    "gcCurrency": re.compile(r"[A-Z]{3}"),
    "gcResultPayment": re.compile(r"[0-9]{4}"),
}


def verify(projects: Mapping[Method, Project], query: bytes) -> Notification:
    """The notification in a raw query string. Raises CallbackForged."""
    if len(query) > _LONGEST_QUERY:
        raise CallbackForged("too_long")
    names, values, claimed = _provider_parameters(query)
    method = _signer(projects, b"".join(values), claimed)
    return Notification(method, _outcome(names, values))


def _provider_parameters(query: bytes) -> tuple[list[str], list[bytes], str]:
    """Names and values of the `gc*` parameters in the order received, and the claimed hash."""
    names, values, claimed = [], [], ""
    for part in query.split(b"&"):
        raw_name, _, raw_value = part.partition(b"=")
        name = _decoded(raw_name).decode("utf-8", "replace")
        if name == "gcHash":
            if claimed:
                raise CallbackForged("two_hashes")
            claimed = _decoded(raw_value).decode("utf-8", "replace")
        elif name.startswith("gc"):
            names.append(name)
            values.append(_decoded(raw_value))
    if not claimed:
        raise CallbackForged("no_hash")
    return names, values, claimed


def _decoded(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _signer(projects: Mapping[Method, Project], message: bytes, claimed: str) -> Method:
    # All keys are tried, without an early exit: the time taken must not tell which project signed.
    signers = [m for m, project in projects.items() if hashes.matches(project.passphrase, message, claimed)]
    if not signers:
        raise CallbackForged("wrong_hash")
    return signers[0]


def _outcome(names: Sequence[str], values: Sequence[bytes]) -> Outcome:
    if not (_in_order(names, NOTIFY) or _in_order(names, NOTIFY_PAGE)):
        raise CallbackForged("order")
    if not NOTIFY_REQUIRED.issubset(names):
        raise CallbackForged("incomplete")
    try:
        told = {name: value.decode() for name, value in zip(names, values, strict=True)}
    except UnicodeDecodeError:
        raise CallbackForged("encoding") from None
    for name, form in _FORMATS.items():
        if not form.fullmatch(told[name]):
            raise CallbackForged("format")
    _one_reading_only(told["gcCurrency"], b"".join(values).decode())
    return _read(told)


def _in_order(names: Sequence[str], documented: Sequence[str]) -> bool:
    """Each name documented, at most once, and in the documented sequence."""
    remaining = iter(documented)
    return all(name in remaining for name in names)


def _one_reading_only(currency: str, message: str) -> None:
    """A result code stands behind the currency. A second such place, say in an account holder's name the
    payer chose, would let the same signed message be read as another result."""
    if len(re.findall(rf"(?={currency}[0-9]{{4}})", message)) != 1:
        raise CallbackForged("ambiguous")


def _read(told: Mapping[str, str]) -> Outcome:
    number = int(told["gcResultPayment"])
    return Outcome(
        state=codes.look_up(number).state,
        code=str(number),
        reference=told["gcReference"],
        transaction_id=told["gcMerchantTxId"],
        amount_cents=int(told["gcAmount"]),
        currency=told["gcCurrency"],
        backend_transaction_id=told["gcBackendTxId"] or None,
    )
