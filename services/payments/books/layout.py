"""The files of a batch: CSV as German cash offices take it, and XML; the same bookings give the same bytes.

CSV: `;`, decimal comma, days TT.MM.JJJJ, CRLF, a heading, one booking a line, one sum line for each currency:
`Summe;batch;entries;lines;Soll;Haben;currency`. No cell can be taken for a formula by a spreadsheet.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from services.payments.domain.booking_batch import Content
from services.payments.domain.bookings import Booking
from services.payments.sepa.characters import bank_text

NAMESPACE: Final = "urn:portal:buchungsstapel:1"
ENCODINGS: Final[Mapping[str, str]] = {"windows-1252": "cp1252", "utf-8": "utf-8"}
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so, blanks aside, may be run by a spreadsheet."""


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What of a claim goes to the cash office: no name, no account, no address."""

    kassenzeichen: str
    cost_object: str
    service: str
    pay_by: date | None


NO_CLAIM: Final = ClaimFacts("", "", "", None)


@dataclass(frozen=True, slots=True)
class Row:
    """A booking with its claim's facts, in batch `number`, under accounts as the cash office names them."""

    number: int
    client: str
    booking: Booking
    claim: ClaimFacts
    account: str
    day: date


@dataclass(frozen=True, slots=True)
class Layout:
    """As a town sets it: `columns` are (name, heading), `accounts` map the ledger's account to the town's."""

    client: str
    columns: Sequence[tuple[str, str]]
    encoding: str
    accounts: Mapping[str, str]
    zone: ZoneInfo

    def rows(
        self, number: int, bookings: Iterable[Booking], claims: Mapping[object, ClaimFacts]
    ) -> list[Row]:
        """Raises KeyError for a booking whose claim is not there."""
        return [
            Row(
                number, self.client, booking, claims[booking.claim_id] if booking.claim_id else NO_CLAIM,
                self.account(booking.account), booking.booked_at.astimezone(self.zone).date(),
            )
            for booking in bookings
        ]  # fmt: skip

    def account(self, name: str) -> str:
        """The town's for `revenue:541000`, else its for `revenue`, else the ledger's own name."""
        return self.accounts.get(name) or self.accounts.get(name.partition(":")[0]) or name


COLUMNS: Final[Mapping[str, tuple[str, Callable[[Row], str], bool]]] = {
    "mandant": ("Mandant", lambda r: r.client, True),
    "stapel": ("Stapel", lambda r: str(r.number), False),
    "beleg": ("Beleg", lambda r: r.booking.entry, True),
    "zeile": ("Zeile", lambda r: str(r.booking.line), False),
    "kassenzeichen": ("Kassenzeichen", lambda r: r.claim.kassenzeichen, True),
    "buchungsdatum": ("Buchungsdatum", lambda r: _day(r.day), False),
    "faelligkeit": ("Fälligkeit", lambda r: _day(r.claim.pay_by), False),
    "betrag": ("Betrag", lambda r: _comma(r.booking.cents), False),
    "waehrung": ("Währung", lambda r: r.booking.currency, True),
    "soll_haben": ("Soll/Haben", lambda r: r.booking.side, False),
    "konto": ("Konto", lambda r: r.account, True),
    "kostenstelle": ("Kostenstelle", lambda r: r.claim.cost_object, True),
    "leistung": ("Leistung", lambda r: r.claim.service, True),
    "zahlungsart": ("Zahlungsart", lambda r: r.booking.method, True),
    "anbieter": ("Anbieter", lambda r: r.booking.provider, True),
    "referenz": ("Provider-Referenz", lambda r: r.booking.reference, True),
    "verwendungszweck": ("Verwendungszweck", lambda r: r.booking.text, True),
    "storno": ("Storno", lambda r: "J" if r.booking.undoes else "N", False),
}
"""By name: heading, what it shows, and whether that is a text from elsewhere."""


def write_csv(layout: Layout, number: int, rows: Sequence[Row], content: Content) -> bytes:
    """The whole file in the layout's encoding."""
    codec = ENCODINGS[layout.encoding]
    chosen = [COLUMNS[name] for name, _ in layout.columns]
    lines = [[_cell(heading, codec) for _, heading in layout.columns]]
    lines += [[_cell(show(row), codec) if text else show(row) for _, show, text in chosen] for row in rows]
    lines += [
        ["Summe", str(number), str(content.entries), str(content.lines), _comma(one.debit_cents),
         _comma(one.credit_cents), one.currency]
        for one in content.sums
    ]  # fmt: skip
    return "".join(f"{';'.join(line)}\r\n" for line in lines).encode(codec)


def write_xml(layout: Layout, number: int, rows: Sequence[Row], content: Content) -> bytes:
    """The whole file, UTF-8, of the schema `buchungsstapel-1.xsd`; amounts with a point."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<buchungsstapel xmlns="{NAMESPACE}" nummer="{number}" mandant={_attribute(layout.client)}'
        f' von="{_moment(content.from_at)}" bis="{_moment(content.to_at)}" belege="{content.entries}"'
        f' buchungen="{content.lines}">\n'
    )
    sums = "".join(
        f'<summe waehrung="{one.currency}" soll="{_point(one.debit_cents)}"'
        f' haben="{_point(one.credit_cents)}"/>\n'
        for one in content.sums
    )
    return (head + "".join(map(_element, rows)) + sums + "</buchungsstapel>\n").encode()


def _element(row: Row) -> str:
    booking = row.booking
    parts = [
        ("kassenzeichen", row.claim.kassenzeichen), ("buchungsdatum", row.day.isoformat()),
        ("faelligkeit", row.claim.pay_by.isoformat() if row.claim.pay_by else ""),
        ("betrag", _point(booking.cents)), ("waehrung", booking.currency), ("sollHaben", booking.side),
        ("konto", row.account), ("kostenstelle", row.claim.cost_object), ("leistung", row.claim.service),
        ("zahlungsart", booking.method), ("anbieter", booking.provider), ("referenz", booking.reference),
        ("verwendungszweck", booking.text), ("storno", "true" if booking.undoes else "false"),
    ]  # fmt: skip
    inner = "".join(f"<{name}>{escape(_printable(text))}</{name}>" for name, text in parts if text)
    return f'<buchung beleg={_attribute(booking.entry)} zeile="{booking.line}">{inner}</buchung>\n'


def _cell(text: str, codec: str) -> str:
    """A text as one cell: in the file's letters, on one line, no formula, quoted where it has to be."""
    plain = _written(_printable(unicodedata.normalize("NFKC", text)), codec)
    if plain.lstrip(" '").startswith(FORMULAS) or text.startswith(FORMULAS):
        plain = f"'{plain}"
    return '"' + plain.replace('"', '""') + '"' if any(sign in plain for sign in ';"') else plain


def _printable(text: str) -> str:
    """Without what no file of lines can hold: each such sign is a blank."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if unicodedata.category(sign)[0] not in "CZ" else " " for sign in text)


def _written(text: str, codec: str) -> str:
    """As the encoding can say it: what it has no sign for is written in letters that it has."""
    if text.isascii():
        return text
    return "".join(sign if _has(codec, sign) else bank_text(sign, 4) for sign in text)


def _has(codec: str, sign: str) -> bool:
    try:
        sign.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _moment(at: datetime) -> str:
    return at.isoformat()


def _point(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _comma(cents: int) -> str:
    return _point(cents).replace(".", ",")
