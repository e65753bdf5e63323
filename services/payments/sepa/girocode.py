"""The text of a GiroCode (EPC069-12, version 002): a transfer that a banking app reads from a picture.

Since October 2025 the payer's bank compares the name with the account (Regulation (EU) 2024/886): `name` is
the holder of the account exactly as the bank has it.
"""

from typing import Final

from services.payments.sepa.reference import is_structured_reference

LONGEST: Final = 331
"""Bytes; beside error correction M this keeps the picture within QR version 13."""


def girocode_text(name: str, iban: str, cents: int, *, reference: str = "", text: str = "") -> str:
    """Lines to be drawn with error correction M; either a structured reference or a text of ≤ 140.

    Raises ValueError for what the norm does not allow.
    """
    if not 1 <= cents <= 99_999_999_999:
        raise ValueError("a GiroCode is about 0.01 to 999,999,999.99 euro")
    if not 1 <= len(name) <= 70:
        raise ValueError("the holder's name has 1 to 70 characters")
    if bool(reference) == bool(text) or len(text) > 140:
        raise ValueError("a GiroCode names a reference or a text of at most 140 characters")
    if reference and not is_structured_reference(reference):
        raise ValueError("the reference is none of ISO 11649")
    if "\n" in name + text or "\r" in name + text:
        raise ValueError("a GiroCode is made of lines: no text of it holds one")
    amount = f"EUR{cents // 100}.{cents % 100:02d}"
    lines = ("BCD", "002", "1", "SCT", "", name, iban, amount, "", reference, text)
    code = "\n".join(lines).rstrip("\n")
    if len(code.encode()) > LONGEST:
        raise ValueError(f"a GiroCode has at most {LONGEST} bytes")
    return code
