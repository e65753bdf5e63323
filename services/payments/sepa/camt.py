"""Reads camt.053 (statement) and camt.054 (notification), in the versions that German banks send.

Versions .02, .04 and .08 differ in where a party's name and a status stand; all three are read by the same
paths. Source: ISO 20022 message definitions; DK, Anlage 3 (2009 and 2019 sets).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

from services.payments.sepa.statements import Entry, Statement, Transaction
from services.payments.sepa.xml_reading import Node, Refusal, XmlRefused, pieces

VERSIONS: Final = ("02", "04", "08")
NAMESPACES: Final = frozenset(
    f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    for kind in ("053", "054")
    for version in VERSIONS
)
_KINDS: Final = {"Stmt": "statement", "Ntfctn": "notification"}
_CONTAINERS: Final = frozenset({"BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", *_KINDS})
_OPENING, _CLOSING, _BETWEEN = ("OPBD", "PRCD"), ("CLBD",), ("ITBD",)
_UNSAID: Final = {"NOTPROVIDED", "NONREF", "NOTAVAILABLE"}
_AMOUNT: Final = re.compile(r"(?P<euro>[0-9]{1,13})(?:\.(?P<cents>[0-9]{1,2})0{0,3})?")
"""Looked at before it is counted with: a hostile exponent costs minutes."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_YEARS: Final = range(1900, 3000)
"""Days of other years leave no room to count from."""


def read_statements(chunks: Iterable[bytes]) -> Iterator[Statement]:
    """Each statement as its end is read. Raises XmlRefused with the line where the file is not one."""
    head = _Head()
    for piece in pieces(chunks, NAMESPACES, _CONTAINERS):
        if piece.container not in _KINDS:
            if piece.node is not None and piece.node.name == "GrpHdr":
                head.message = piece.node
            continue
        if piece.node is None:
            yield head.statement(_KINDS[piece.container])
            head = _Head(head.message)
        elif piece.node.name == "Ntry":
            head.entries.append(_entry(piece.node))
        else:
            head.take(piece.node)


class _Head:
    """What of a statement has been read so far, within a `message`."""

    def __init__(self, message: Node | None = None) -> None:
        self.message = message or Node("GrpHdr", 0)
        self.entries: list[Entry] = []
        self._node = Node("Stmt", 0)
        self._balances: list[tuple[str, int, date | None]] = []

    def take(self, node: Node) -> None:
        self._node.line = self._node.line or node.line
        if node.name == "Bal":
            self._balances.append((node.said("Tp/CdOrPrtry/Cd"), _signed(node), _day(node, "Dt")))
        else:
            self._node.put(node)

    def statement(self, kind: str) -> Statement:
        said = self._node.said
        account = said("Acct/Id/IBAN", "Acct/Id/Othr/Id")
        identifier = self._node.short("Id")
        if not account or not identifier:
            raise XmlRefused(Refusal.CONTENT, self._node.line, "a statement names itself and its account")
        opening, closing = self._balance(_OPENING, 0), self._balance(_CLOSING, -1)
        page, is_last = self._place()
        return Statement(
            kind, identifier, self._node.number("ElctrncSeqNb", "LglSeqNb"),
            _moment(said("CreDtTm"), self._node.line), account, said("Acct/Ccy") or "EUR",
            opening and opening[0], closing and closing[0], tuple(self.entries), page, is_last,
            closing and closing[1],
        )  # fmt: skip

    def _balance(self, codes: tuple[str, ...], which: int) -> tuple[int, date | None] | None:
        """By its code, with its day; of a page that is not the first or last, the balance in between."""
        found = [(cents, day) for code, cents, day in self._balances if code in codes]
        between = [(cents, day) for code, cents, day in self._balances if code in _BETWEEN]
        told = found or between
        return told[which] if told else None

    def _place(self) -> tuple[int, bool]:
        """Which page, and whether it is the last. Where only the message is paged, a statement that is whole
        within it has one page."""
        page, last = self._node.number("StmtPgntn/PgNb"), self._node.said("StmtPgntn/LastPgInd")
        codes = {code for code, _, _ in self._balances}
        if page is None and not codes.isdisjoint(_BETWEEN):
            page = self.message.number("MsgPgntn/PgNb") if codes.isdisjoint(_OPENING) else 1
            last = self.message.said("MsgPgntn/LastPgInd") if codes.isdisjoint(_CLOSING) else "true"
        return page or 1, last != "false"


def _entry(node: Node) -> Entry:
    cents, currency = _signed(node), _currency(node)
    details = node.all("NtryDtls/TxDtls")
    counted = node.number("NtryDtls/Btch/NbOfTxs")
    alone = len(details) == 1
    return Entry(
        cents, currency, node.said("Sts/Cd", "Sts"), _day(node, "BookgDt"), _day(node, "ValDt"),
        _said(node, "AcctSvcrRef"), _code(node), node.said("RvslInd") == "true",
        len(details) if counted is None else counted, node.said("NtryDtls/Btch/PmtInfId"),
        tuple(_transaction(detail, cents, alone=alone, entry=node) for detail in details),
    )  # fmt: skip


def _transaction(node: Node, entry_cents: int, *, alone: bool, entry: Node) -> Transaction:
    sign = 1 if (node.said("CdtDbtInd") or entry.said("CdtDbtInd")) == "CRDT" else -1
    own = _amount(node.find("Amt") or node.find("AmtDtls/TxAmt/Amt"))
    cents = entry_cents if own is None and alone else sign * (own or 0)
    charges = _charges(node) or (_charges(entry) if alone else 0)
    instructed = _amount(node.find("AmtDtls/InstdAmt/Amt"))
    party = "Dbtr" if sign > 0 or node.find("RtrInf") else "Cdtr"
    return Transaction(
        cents, instructed if instructed is not None else abs(cents) - (charges if cents < 0 else 0), charges,
        _said(node, "Refs/EndToEndId"), _said(node, "Refs/MndtId"),
        _said(node, "Refs/AcctSvcrRef", "Refs/TxId"),
        node.short("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"),
        node.said(f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm"),
        node.said(f"RltdPties/{party}Acct/Id/IBAN"),
        " ".join(line.text for line in node.all("RmtInf/Ustrd") if line.text),
        node.said("RmtInf/Strd/CdtrRefInf/Ref"),
    )  # fmt: skip


def _charges(node: Node) -> int:
    """What banks took: each record, else the sum, else the amount of the older form."""
    records = [_amount(found) or 0 for found in node.all("Chrgs/Rcrd/Amt")]
    if records:
        return sum(records)
    total = _amount(node.find("Chrgs/TtlChrgsAndTaxAmt"))
    return total if total is not None else sum(_amount(found) or 0 for found in node.all("Chrgs/Amt"))


def _code(node: Node) -> str:
    domain = [node.said(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "/".join(domain) if domain[0] else node.said("BkTxCd/Prtry/Cd")


def _said(node: Node, *paths: str) -> str:
    text = node.said(*paths)
    return "" if text in _UNSAID else text


def _signed(node: Node) -> int:
    amount = _amount(node.find("Amt"))
    if amount is None:
        raise XmlRefused(Refusal.CONTENT, node.line, "an amount is missing")
    return amount if node.said("CdtDbtInd") == "CRDT" else -amount


def _currency(node: Node) -> str:
    amount = node.find("Amt")
    said = amount.attributes.get("Ccy", "") if amount and amount.attributes else ""
    if said and not _CURRENCY.fullmatch(said):
        raise XmlRefused(Refusal.CONTENT, node.line, "a currency is impossible")
    return said


def _amount(node: Node | None) -> int | None:
    """Cents; a fraction of a cent is refused and never rounded."""
    if node is None:
        return None
    found = _AMOUNT.fullmatch(node.text)
    if found is None:
        raise XmlRefused(Refusal.CONTENT, node.line, "an amount is impossible")
    return int(found["euro"]) * 100 + int((found["cents"] or "").ljust(2, "0"))


def _day(node: Node, name: str) -> date | None:
    text = node.said(f"{name}/Dt", f"{name}/DtTm")[:10]
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise XmlRefused(Refusal.CONTENT, node.line, "a date is impossible") from None
    if day is not None and day.year not in _YEARS:
        raise XmlRefused(Refusal.CONTENT, node.line, "a date is impossible")
    return day


def _moment(text: str, line: int) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise XmlRefused(Refusal.CONTENT, line, "a date is impossible") from None
