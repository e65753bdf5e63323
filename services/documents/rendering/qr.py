"""The two codes a document carries: the permit's check code and the GiroCode of a transfer."""

import re
from decimal import Decimal
from typing import Final

import segno
from segno.helpers import make_epc_qr

from services.documents.rendering.branding import BankAccount

# Choosing the best of eight masks takes 16 of 20 ms. A signed token is as good as noise, so that no mask
# can meet a pattern in it.
MASK = 3
QUIET: Final = 4
"""Modules left white around a code (ISO/IEC 18004)."""
_STRUCTURED: Final = re.compile("RF[0-9]{2}[0-9A-Z]{1,21}")
_DARK: Final = re.compile(rb"\x01+")


def permit_code(url: str) -> str:
    """SVG of a QR code for an upper-case URL (alphanumeric mode), error correction M."""
    return _svg(segno.make_qr(url, error="m", mode="alphanumeric", boost_error=False, mask=MASK))


def giro_code(account: BankAccount, amount_cents: int, kassenzeichen: str) -> str:
    """SVG of a GiroCode (EPC069-12 version 002, UTF-8) for `amount_cents` to the city's account.

    A Kassenzeichen that is a structured reference (ISO 11649) stands in the field for those, any other in
    the text.
    """
    euros = Decimal(amount_cents) / 100
    purpose = "reference" if _STRUCTURED.fullmatch(kassenzeichen) else "text"
    drawn = make_epc_qr(
        account.holder, account.iban, euros, bic=account.bic, encoding=1, **{purpose: kassenzeichen}
    )
    return _svg(drawn)


def _svg(code: segno.QRCode) -> str:
    """A stroke for each run of dark modules; segno's own SVG takes ten times as long."""
    size = len(code.matrix) + 2 * QUIET
    strokes = "".join(
        f"M{run.start() + QUIET} {y}.5h{run.end() - run.start()}"
        for y, row in enumerate(code.matrix, QUIET)
        for run in _DARK.finditer(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path stroke="#000" d="{strokes}"/></svg>'
    )
