"""A provider's statement as CSV: in our own shape, `date;kind;reference;amount;fee;currency` or with commas
between, or in one of the provider's that is set up (`books/statement_formats.py`).

In our own, days are 2026-11-26 or 26.11.2026; amounts have two decimals behind a comma or a point, no
thousands; `kind` is payment, refund, reversal, payout or fee. UTF-8, with or without a byte order mark, else
Windows-1252.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeVar

from services.payments.books.statement_formats import PASSED_OVER, Column, StatementFormat
from services.payments.domain.provider_account import ROW_KINDS, RowKind, StatementRow

HEADING: Final = ("date", "kind", "reference", "amount", "fee", "currency")
MOST: Final = 5_000
_AMOUNT: Final = re.compile(r"-?[0-9]{1,10}([.,][0-9]{2})?")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_:-]{0,79}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
V = TypeVar("V")
Read = tuple[str, Sequence[StatementRow]]
Line = tuple[int, Sequence[str]]
"""Where it ends in the file, and its cells."""


class StatementUnreadable(ValueError):
    """What is wrong, and in which line of the file; nothing of it is taken. `slug` says which rule, `word`
    what was not understood, as the file has it."""

    def __init__(self, line: int, slug: str, reason: str, word: str = "") -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.slug, self.word = line, slug, word


def read_rows(content: bytes, formats: Iterable[StatementFormat] = ()) -> Read:
    """Currency and rows; by its heading the file is in our own shape or in one of `formats`. Raises
    StatementUnreadable."""
    text = _decoded(content, "utf-8")
    delimiter = ";" if ";" in text.lstrip().partition("\n")[0] else ","
    if tuple(name.lower() for name in _heading(text, delimiter)) == HEADING:
        return _checked(_own_rows(_lines(text, delimiter)))
    for form in formats:
        text = _decoded(content, form.encoding)
        for delimiter in form.delimiters:
            if columns := _columns(form, _heading(text, delimiter)):
                return _checked(_foreign_rows(form, columns, _lines(text, delimiter)))
    raise StatementUnreadable(1, "heading", f"the heading is {';'.join(HEADING)}, or one that is set up")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else "cp1252")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _heading(text: str, delimiter: str) -> Sequence[str]:
    """The names in the first line; none of them holds a delimiter."""
    first = text.lstrip().partition("\n")[0]
    return [name.strip().strip('"').strip() for name in first.split(delimiter)]


def _lines(text: str, delimiter: str) -> Sequence[Line]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise StatementUnreadable(reader.line_num, "csv", str(error)) from error
    if not 1 < len(lines) <= MOST + 1:
        raise StatementUnreadable(len(lines), "rows", f"1 to {MOST} rows")
    return lines


def _checked(read: Iterable[tuple[str, StatementRow]]) -> Read:
    found = list(read)
    currencies = {currency for currency, _ in found}
    if not found:
        raise StatementUnreadable(2, "empty", "no row that moved money")
    if len(currencies) != 1 or not _CURRENCY.fullmatch(next(iter(currencies))):
        raise StatementUnreadable(2, "currency", "one currency of three letters, the same in all rows")
    return currencies.pop(), [row for _, row in found]


def _own_rows(lines: Sequence[Line]) -> Iterator[tuple[str, StatementRow]]:
    for number, cells in lines[1:]:
        if len(cells) != len(HEADING):
            raise StatementUnreadable(number, "cells", f"{len(HEADING)} cells, not {len(cells)}")
        day, kind, reference, amount, fee, currency = (cell.strip() for cell in cells)
        if kind not in ROW_KINDS:
            raise StatementUnreadable(number, "kind", f"kind is one of {', '.join(ROW_KINDS)}", kind[:60])
        cents, kept = _cents(number, amount or "0"), _cents(number, fee or "0")
        yield currency, _row(number, _day(number, day), kind, reference, cents, kept)


def _columns(form: StatementFormat, heading: Sequence[str]) -> Mapping[Column, int]:
    """Where each column is; nothing where one is missing that the format has."""
    places = {name: at for at, name in enumerate(heading)}
    found = {
        column: next((places[name] for name in names if name in places), -1)
        for column, names in form.columns.items()
    }
    return {} if -1 in found.values() else found


def _foreign_rows(
    form: StatementFormat, columns: Mapping[Column, int], lines: Sequence[Line]
) -> Iterator[tuple[str, StatementRow]]:
    for number, cells in lines[1:]:
        if len(cells) <= max(columns.values()):
            raise StatementUnreadable(number, "cells", f"{len(lines[0][1])} cells, not {len(cells)}")
        said = {column: cells[at].strip() for column, at in columns.items()}
        if "state" in said and not _known(number, form.states, said["state"], "state"):
            continue
        kind = _known(number, form.kinds, said["kind"], "kind")
        if kind == PASSED_OVER:
            continue
        yield said["currency"], _foreign_row(number, form, kind, said)


def _known(number: int, words: Mapping[str, V], word: str, column: str) -> V:
    try:
        return words[word]
    except KeyError:
        raise StatementUnreadable(
            number, column, f"no {column} is set up for this word: {word[:60]}", word[:60]
        ) from None


def _foreign_row(
    number: int, form: StatementFormat, kind: RowKind, said: Mapping[Column, str]
) -> StatementRow:
    """A fee alone stands in the column of amounts."""
    cents = _amount(number, form, said["amount"])
    kept = _amount(number, form, said.get("fee", "")) * (-1 if form.fee_sign == "negative" else 1)
    if "net" in said and _amount(number, form, said["net"]) != cents - kept:
        raise StatementUnreadable(number, "net", "the net is not the amount less the fee")
    if kind == "fee":
        cents, kept = 0, kept - cents
    try:
        day = datetime.strptime(said["day"], form.day_format).date()  # noqa: DTZ007
    except ValueError:
        raise StatementUnreadable(number, "day", f"a day is {form.day_format}") from None
    return _row(number, day, kind, said["reference"], cents, kept)


def _amount(number: int, form: StatementFormat, text: str) -> int:
    """Cents as the format writes them, where groups of three digits may stand apart; nothing is 0."""
    whole, mark, decimals = text.partition(form.decimal)
    groups = whole.lstrip("-").split(form.thousands)
    if len(groups) > 1:
        if len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:]):
            raise StatementUnreadable(number, "amount", f"an amount has its decimals behind {form.decimal}")
        whole = whole.replace(form.thousands, "")
    return _cents(number, f"{whole}{mark}{decimals}" or "0")


def _row(number: int, day: date, kind: RowKind, reference: str, cents: int, fee: int) -> StatementRow:
    if not _REFERENCE.fullmatch(reference):
        raise StatementUnreadable(number, "reference", "this is no reference")
    row = StatementRow(day, kind, reference, cents, fee)
    if not row.is_signed_well:
        raise StatementUnreadable(number, "sign", "positive for a payment, negative for refund and reversal, "
                                  "0 for a fee, not 0 for a payout")  # fmt: skip
    return row


def _day(number: int, text: str) -> date:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise StatementUnreadable(number, "day", "a day is 2026-11-26 or 26.11.2026")


def _cents(number: int, text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise StatementUnreadable(number, "amount", "an amount has two decimals and no thousands")
    whole, _, decimals = text.lstrip("-").replace(",", ".").partition(".")
    cents = int(whole) * 100 + int(decimals or "0")
    return -cents if text.startswith("-") else cents
