"""A provider's statement as CSV: `date;kind;reference;amount;fee;currency`, or with commas between.

Days are 2026-11-26 or 26.11.2026; amounts have two decimals behind a comma or a point, no thousands. `kind`
is payment, refund, reversal or fee. UTF-8, with or without a byte order mark, else Windows-1252.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from services.payments.domain.provider_account import ROW_KINDS, StatementRow

HEADING: Final = ("date", "kind", "reference", "amount", "fee", "currency")
MOST: Final = 5_000
_AMOUNT: Final = re.compile(r"-?[0-9]{1,10}([.,][0-9]{2})?")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_:-]{0,79}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class StatementUnreadable(ValueError):
    """What is wrong, and in which line of the file; nothing of it is taken."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


def read_rows(content: bytes) -> tuple[str, Sequence[StatementRow]]:
    """Currency and rows. Raises StatementUnreadable."""
    lines = list(_lines(content))
    heading = tuple(name.strip().lower() for name in lines[0]) if lines else ()
    if heading != HEADING:
        raise StatementUnreadable(1, f"the heading is {';'.join(HEADING)}")
    if not 1 < len(lines) <= MOST + 1:
        raise StatementUnreadable(len(lines), f"1 to {MOST} rows")
    rows, currencies = [], set()
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(HEADING):
            raise StatementUnreadable(number, f"{len(HEADING)} cells, not {len(cells)}")
        rows.append(_row(number, [cell.strip() for cell in cells[:5]]))
        currencies.add(cells[5].strip())
    if len(currencies) != 1 or not _CURRENCY.fullmatch(next(iter(currencies))):
        raise StatementUnreadable(2, "one currency of three letters, the same in all rows")
    return currencies.pop(), rows


def _lines(content: bytes) -> Sequence[Sequence[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",", strict=True)
    try:
        return [cells for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise StatementUnreadable(reader.line_num, str(error)) from error


def _row(number: int, cells: Sequence[str]) -> StatementRow:
    day, kind, reference, amount, fee = cells
    if kind not in ROW_KINDS:
        raise StatementUnreadable(number, f"kind is one of {', '.join(ROW_KINDS)}")
    if not _REFERENCE.fullmatch(reference):
        raise StatementUnreadable(number, "this is no reference")
    cents = _cents(number, amount or "0")
    if (cents > 0) != (kind == "payment") or (cents < 0) != (kind in ("refund", "reversal")):
        raise StatementUnreadable(number, "positive for a payment, negative for refund and reversal")
    return StatementRow(_day(number, day), kind, reference, cents, _cents(number, fee or "0"))


def _day(number: int, text: str) -> date:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise StatementUnreadable(number, "a day is 2026-11-26 or 26.11.2026")


def _cents(number: int, text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise StatementUnreadable(number, "an amount has two decimals and no thousands")
    whole, _, decimals = text.lstrip("-").replace(",", ".").partition(".")
    cents = int(whole) * 100 + int(decimals or "0")
    return -cents if text.startswith("-") else cents
