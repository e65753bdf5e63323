"""GiroCheckout's wire rules as the provider sees them, written from its documentation, not from our code.

A request is read, authenticated and checked; a result is signed. Sharing this with the portal's adapter would
let one mistake hide on both sides.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from deploy.local.sandbox.girocheckout.settings import Project, Settings

HEAD = "merchantId projectId merchantTxId amount currency purpose"
MANDATE = "mandateReference mandateSignedOn mandateReceiverName mandateSequence"
TDS2 = "tds2Address tds2Postcode tds2City tds2Country tds2Optional"
SHORT = f"{HEAD} type urlRedirect urlNotify kassenzeichen pptoken"
CARD = f"{HEAD} type locale mobile pkn recurring indicator urlRedirect urlNotify {TDS2} kassenzeichen pptoken"
DEBIT = f"{HEAD} type locale mobile {MANDATE} pkn urlRedirect urlNotify kassenzeichen pptoken"
DEBIT_DIRECT = (
    f"{HEAD} type bankcode bankaccount iban accountHolder {MANDATE} pkn urlRedirect urlNotify kassenzeichen "
    "pptoken company lastname firstname address zip city country email"
)
PAGE = (
    f"{HEAD} description pagetype expirydate single timeout type locale paymethods payprojects organization "
    "freeamount fixedvalues minamount maxamount orderid projectlist pkn test certdata otherpayments "
    f"successUrl backUrl failUrl notifyUrl {TDS2} {MANDATE} informationText kassenzeichen "
    "qrcodeReturn billingAddress shippingAddress customerInfo basket"
)
START = {"card": CARD, "paypal": SHORT, "wero": SHORT, "direct_transfer": SHORT, "direct_debit": DEBIT}
REFUND = f"{HEAD} reference kassenzeichen"
REFUND_PAGE = f"{HEAD} reference txreference"
VOID = "merchantId projectId merchantTxId reference"
STATUS = "merchantId projectId reference txreference"
PROJECTS = "merchantId projectId"

MESSAGES = {
    0: "",
    4503: "Doppelte Transaktion",
    5000: "Authentifizierung fehlgeschlagen",
    5002: "hash ungültig",
    5003: "Pflichtfeld nicht angegeben",
    5004: "Aufruf ungültig",
    5022: "merchantTxId ungültig",
    5023: "purpose ungültig",
    5027: "iban ungültig",
    5030: "amount ungültig",
    5033: "currency ungültig",
    5034: "Transaktion nicht vorhanden",
    5055: "urlRedirect ungültig",
    5056: "urlNotify ungültig",
    5086: "ungültiger Transaktionstyp der Ursprungstransaktion",
    5101: "Verbindungsproblem zum Zahlungsabwickler",
    5116: "Kassenzeichen ungültig",
    5117: "backUrl ungültig",
    5118: "failUrl ungültig",
    5119: "successUrl ungültig",
    5120: "notifyUrl ungültig",
}

_FORMATS = (
    ("merchantTxId", re.compile(r"[A-Za-z0-9&=+,:;._!?#/]{1,255}"), 5022),
    ("amount", re.compile(r"[1-9][0-9]{0,11}"), 5030),
    ("currency", re.compile(r"[A-Z]{3}"), 5033),
    ("purpose", re.compile(r".{1,27}"), 5023),
    ("kassenzeichen", re.compile(r".{1,255}"), 5116),
)
_URLS = (
    ("urlRedirect", 5055),
    ("urlNotify", 5056),
    ("successUrl", 5119),
    ("backUrl", 5117),
    ("failUrl", 5118),
    ("notifyUrl", 5120),
)


class Refused(Exception):
    """The call is answered with this `rc`; `project` is None where no passphrase can sign the answer."""

    def __init__(self, rc: int, project: Project | None) -> None:
        super().__init__(rc)
        self.rc = rc
        self.project = project


def sign(passphrase: str, message: bytes) -> str:
    return hmac.new(passphrase.encode(), message, hashlib.md5).hexdigest()


@dataclass(frozen=True)
class Call:
    """An authentic request: who asks and the fields that were covered by the hash."""

    project: Project
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def amount(self) -> int:
        return int(self.fields["amount"])


def project_of(settings: Settings, form: Mapping[str, str]) -> Project:
    """Whose call it is. Refused 5000 for a merchant or project not here: nobody can sign that answer."""
    number = form.get("projectId", "")
    known = settings.projects.get(int(number)) if number.isascii() and number.isdigit() else None
    if known is None or form.get("merchantId") != str(settings.merchant_id):
        raise Refused(5000, None)
    return known


def authentic(project: Project, order: str, required: str, form: Mapping[str, str]) -> Call:
    """The call, hash, mandatory fields and formats checked in this sequence, as the provider does."""
    fields = {name: form[name] for name in order.split() if form.get(name)}
    expected = sign(project.passphrase, "".join(fields.values()).encode())
    if not hmac.compare_digest(expected.encode(), form.get("hash", "").encode()):
        raise Refused(5002, project)
    if any(name not in fields for name in required.split()):
        raise Refused(5003, project)
    _check_formats(project, fields)
    return Call(project, fields)


def _check_formats(project: Project, fields: Mapping[str, str]) -> None:
    for name, form, rc in _FORMATS:
        if name in fields and not form.fullmatch(fields[name]):
            raise Refused(rc, project)
    for name, rc in _URLS:
        if name in fields and (
            len(fields[name]) > 2048 or urlsplit(fields[name]).scheme not in {"http", "https"}
        ):
            raise Refused(rc, project)


def reply(project: Project | None, rc: int, **data: object) -> Response:
    """JSON with the header `hash` over its bytes; without the header where no project is known."""
    body = json.dumps({"rc": rc, "msg": MESSAGES.get(rc, "Fehler"), **data}, ensure_ascii=False).encode()
    headers = {} if project is None else {"hash": sign(project.passphrase, body)}
    return Response(body, media_type="application/json; charset=utf-8", headers=headers)


def with_result(url: str, parameters: Mapping[str, str], passphrase: str, *, signature: str = "") -> str:
    """The URL with the `gc*` parameters and `gcHash` behind what was already there."""
    signature = signature or sign(passphrase, "".join(parameters.values()).encode())
    query = "&".join(f"{name}={quote(value)}" for name, value in {**parameters, "gcHash": signature}.items())
    bare, mark, fragment = url.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{query}{mark}{fragment}"
