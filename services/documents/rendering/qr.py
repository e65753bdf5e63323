"""The two codes a document carries: the permit's check code and the GiroCode of a transfer."""

import io
from decimal import Decimal

import segno
from segno.helpers import make_epc_qr

from services.documents.rendering.branding import BankAccount

# Choosing the best of eight masks takes 16 of 20 ms. A signed token is as good as noise, so that no mask
# can meet a pattern in it.
MASK = 3


def permit_code(url: str) -> str:
    """SVG of a QR code for an upper-case URL (alphanumeric mode), error correction M."""
    return _svg(segno.make_qr(url, error="m", mode="alphanumeric", boost_error=False, mask=MASK))


def giro_code(account: BankAccount, amount_cents: int, reference: str) -> str:
    """SVG of a GiroCode (EPC069-12 version 002, UTF-8) for `amount_cents` to the city's account."""
    euros = Decimal(amount_cents) / 100
    return _svg(make_epc_qr(account.holder, account.iban, euros, text=reference, bic=account.bic, encoding=1))


def _svg(code: segno.QRCode) -> str:
    target = io.BytesIO()
    code.save(target, kind="svg", border=4, xmldecl=False, svgns=True, light="#ffffff", nl=False)
    return target.getvalue().decode("ascii")
