"""The files: reads pain.008, writes pain.002.001.03, camt.053.001.08 and camt.054.001.08."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from deploy.local.sandbox.bank.book import Debit

_PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.008.001.08}"


class Unreadable(ValueError):
    """No file of debits."""


def read_debits(content: bytes) -> tuple[str, list[Debit]]:
    """Message id and debits. Raises Unreadable."""
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - the town's own file
        message_id = _text(root, "CstmrDrctDbtInitn/GrpHdr/MsgId")
        debits = [
            _debit(message_id, batch, found)
            for batch in root.iter(f"{_PAIN}PmtInf")
            for found in batch.iter(f"{_PAIN}DrctDbtTxInf")
        ]
        if len(debits) != int(_text(root, "CstmrDrctDbtInitn/GrpHdr/NbOfTxs")):
            raise Unreadable("the number of debits is wrong")
        total = Decimal(_text(root, "CstmrDrctDbtInitn/GrpHdr/CtrlSum"))
        if sum(debit.cents for debit in debits) != int(total * 100):
            raise Unreadable("the control sum is wrong")
    except (ElementTree.ParseError, KeyError, ArithmeticError) as wrong:
        raise Unreadable(type(wrong).__name__) from wrong
    return message_id, debits


def _debit(message_id: str, batch: ElementTree.Element, found: ElementTree.Element) -> Debit:
    return Debit(
        _text(found, "PmtId/EndToEndId"), message_id, _text(batch, "PmtInfId"),
        int(Decimal(_text(found, "InstdAmt")) * 100), _text(batch, "ReqdColltnDt"),
        _text(found, "DbtrAcct/Id/IBAN"), _text(found, "Dbtr/Nm"),
        _text(found, "DrctDbtTx/MndtRltdInf/MndtId"),
    )  # fmt: skip


def _text(node: ElementTree.Element, path: str) -> str:
    found = node.find("/".join(_PAIN + step for step in path.split("/")))
    if found is None or not found.text:
        raise KeyError(path)
    return found.text


def status_report(message_id: str, rejected: Iterable[Debit], *, day: date, all_rejected: bool) -> bytes:
    """What the bank thinks of a file: what it refuses, by group."""
    groups: dict[str, list[Debit]] = {}
    for debit in rejected:
        groups.setdefault(debit.batch, []).append(debit)
    inner = "".join(
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}</OrgnlPmtInfId>"
        + "".join(_refusal(debit) for debit in debits)
        + "</OrgnlPmtInfAndSts>"
        for batch, debits in groups.items()
    )
    status = "RJCT" if all_rejected else "PART" if groups else "ACCP"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>\n'
        f"<GrpHdr><MsgId>PSR-{message_id}</MsgId><CreDtTm>{day}T12:00:00</CreDtTm></GrpHdr>\n"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId><GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts>\n"
        f"{inner}</CstmrPmtStsRpt></Document>\n"
    ).encode()


def _refusal(debit: Debit) -> str:
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{debit.reference}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        f"<StsRsnInf><Rsn><Cd>{debit.code}</Cd></Rsn></StsRsnInf></TxInfAndSts>\n"
    )


def statement(iban: str, number: int, day: date, opening: int, entries: Iterable[Mapping[str, Any]]) -> bytes:
    """The day's statement, with its balances."""
    lines = list(entries)
    closing = opening + sum(line["cents"] for line in lines)
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents)}{_sign(cents)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>\n"
        for code, cents in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>CAMT-{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr>\n"
        f"<Stmt><Id>STMT-{day.year}-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
        f"<CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n{balances}"
        + "".join(_entry(line) for line in lines)
        + "</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def notification(
    iban: str, number: int, day: date, entries: Iterable[Mapping[str, Any]],
    groups: Mapping[str, Iterable[Debit]], *, details: bool,
) -> bytes:  # fmt: skip
    """What the statement will tell, without balances; with `details` each debit of a group, else sums."""
    told = "".join(_entry(line, groups.get(line["batch"]) if details else None, details) for line in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>\n'
        f"<GrpHdr><MsgId>NTFY-{number}</MsgId><CreDtTm>{day}T18:00:00</CreDtTm></GrpHdr>\n"
        f"<Ntfctn><Id>NTFY-{day.year}-{number}</Id><CreDtTm>{day}T18:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
        f"{told}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n"
    ).encode()


_FAMILY = {
    "transfer": ("RCDT", "ESCT"),
    "sent": ("ICDT", "ESCT"),
    "collection": ("IDDT", "ESDD"),
    "return": ("RDDT", "UPDD"),
}


def _entry(line: Mapping[str, Any], group: Iterable[Debit] | None = None, details: bool = True) -> str:
    family, sub = _FAMILY[line["kind"]]
    told = ""
    if group is not None:
        told = "".join(_single(debit) for debit in group)
    elif line["kind"] == "collection":
        told = f"<Btch><PmtInfId>{line['batch']}</PmtInfId><NbOfTxs>{line['count']}</NbOfTxs></Btch>"
    elif details:
        told = _details(line)
    return (
        f"<Ntry>{_amount(line['cents'])}{_sign(line['cents'])}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{line['day']}</Dt></BookgDt><ValDt><Dt>{line['day']}</Dt></ValDt>"
        f"<AcctSvcrRef>BK{line['number']:010}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
        f"<Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"{f'<NtryDtls>{told}</NtryDtls>' if told else ''}</Ntry>\n"
    )


def _single(debit: Debit) -> str:
    """One debit of a group that is told one by one."""
    return (
        f"<TxDtls><Refs><EndToEndId>{debit.reference}</EndToEndId><MndtId>{escape(debit.mandate)}</MndtId>"
        f"</Refs>{_amount(debit.cents)}{_sign(debit.cents)}<RltdPties><Dbtr><Pty><Nm>{escape(debit.name)}"
        f"</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{debit.iban}</IBAN></Id></DbtrAcct></RltdPties></TxDtls>"
    )


def _details(line: Mapping[str, Any]) -> str:
    reference = escape(line["reference"]) or "NOTPROVIDED"
    mandate = f"<MndtId>{escape(line['mandate'])}</MndtId>" if line["mandate"] else ""
    amounts = charges = reason = ""
    if line["kind"] == "return":
        amounts = f"<AmtDtls><InstdAmt>{_amount(line['original'])}</InstdAmt></AmtDtls>"
        took = _amount(-line["cents"] - line["original"])
        charges = f"<Chrgs><Rcrd>{took}</Rcrd></Chrgs>"
        reason = f"<RtrInf><Rsn><Cd>{line['code']}</Cd></Rsn></RtrInf>"
    party = "Cdtr" if line["kind"] == "sent" else "Dbtr"
    text = f"<RmtInf><Ustrd>{escape(line['text'])}</Ustrd></RmtInf>" if line["text"] else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId>{mandate}</Refs>"
        f"{_amount(line['cents'])}{_sign(line['cents'])}{amounts}{charges}"
        f"<RltdPties><{party}><Pty><Nm>{escape(line['name'])}</Nm></Pty></{party}>"
        f"<{party}Acct><Id><IBAN>{line['iban']}</IBAN></Id></{party}Acct></RltdPties>{text}{reason}</TxDtls>"
    )


def _amount(cents: int) -> str:
    return f'<Amt Ccy="EUR">{abs(cents) // 100}.{abs(cents) % 100:02d}</Amt>'


def _sign(cents: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if cents >= 0 else 'DBIT'}</CdtDbtInd>"
