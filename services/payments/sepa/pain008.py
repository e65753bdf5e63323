"""Writes pain.008.001.08, the file with which a bank is told to collect debits (ISO 20022; DK, Anlage 3).

The same debits give the same bytes in whatever order: identifiers come from the caller, all else is sorted.
The address of a debtor is written for accounts outside the EEA, which need it and the bank's BIC, in parts:
since 2026 an unstructured one is refused.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from services.payments.domain.address import Abroad
from services.payments.sepa.characters import bank_text, is_identifier
from services.payments.sepa.debits import Creditor, Debit, DebitImpossible

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"
LONGEST_ID: Final = 30
"""A group's identifier is the message's and its number."""


def write_debits(
    message_id: str, created: datetime, creditor: Creditor, debits: Sequence[Debit]
) -> Iterator[bytes]:
    """The file in pieces of a group's head or one debit; UTF-8, one element of a debit a line.

    Raises ValueError for an identifier that is too long, DebitImpossible for no debit or for one twice.
    """
    if len(message_id) > LONGEST_ID or not is_identifier(message_id):
        raise ValueError(f"a message is named by at most {LONGEST_ID} of the characters of banks")
    _refuse_doubles(debits)
    return _file(message_id, created, creditor, debits)


def groups(message_id: str, debits: Sequence[Debit]) -> Iterator[tuple[str, list[Debit]]]:
    """The debits that a bank books as one sum: same day, sequence, scheme; with the group's identifier."""
    ordered = sorted(debits, key=lambda debit: (_group(debit), debit.reference))
    for number, (_, found) in enumerate(groupby(ordered, key=_group), 1):
        yield f"{message_id}-{number}", list(found)


def _refuse_doubles(debits: Sequence[Debit]) -> None:
    if not debits:
        raise DebitImpossible("a file holds at least one debit")
    seen: set[str] = set()
    for debit in debits:
        if debit.reference in seen:
            raise DebitImpossible(f"debit {debit.reference!r} is there twice")
        seen.add(debit.reference)


def _group(debit: Debit) -> tuple[date, str, str]:
    return debit.due, debit.sequence.value, debit.scheme.value


def _file(message_id: str, created: datetime, creditor: Creditor, debits: Sequence[Debit]) -> Iterator[bytes]:
    name = bank_text(creditor.name, 70)
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}">\n<CstmrDrctDbtInitn>\n'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created:%Y-%m-%dT%H:%M:%S}Z</CreDtTm>"
        f"{_sums(debits)}<InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>\n"
    )
    yield head.encode()
    for group_id, group in groups(message_id, debits):
        yield _head(group_id, creditor, name, group).encode()
        for debit in group:
            yield _debit(debit).encode()
        yield b"</PmtInf>\n"
    yield b"</CstmrDrctDbtInitn>\n</Document>\n"


def _sums(debits: Sequence[Debit]) -> str:
    total = sum(debit.cents for debit in debits)
    return f"<NbOfTxs>{len(debits)}</NbOfTxs><CtrlSum>{_euro(total)}</CtrlSum>"


def _head(group_id: str, creditor: Creditor, name: str, debits: Sequence[Debit]) -> str:
    first = debits[0]
    return (
        f"<PmtInf><PmtInfId>{group_id}</PmtInfId><PmtMtd>DD</PmtMtd><BtchBookg>true</BtchBookg>"
        f"{_sums(debits)}<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl>"
        f"<LclInstrm><Cd>{first.scheme.value}</Cd></LclInstrm><SeqTp>{first.sequence.value}</SeqTp>"
        f"</PmtTpInf><ReqdColltnDt>{first.due.isoformat()}</ReqdColltnDt>\n"
        f"<Cdtr><Nm>{name}</Nm></Cdtr><CdtrAcct><Id><IBAN>{creditor.iban}</IBAN></Id></CdtrAcct>"
        f"<CdtrAgt>{_agent(creditor.bic)}</CdtrAgt><ChrgBr>SLEV</ChrgBr>"
        f"<CdtrSchmeId><Id><PrvtId><Othr><Id>{creditor.identifier}</Id>"
        f"<SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id></CdtrSchmeId>\n"
    )


def _debit(debit: Debit) -> str:
    amended = (
        "<AmdmntInd>true</AmdmntInd><AmdmntInfDtls><OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id>"
        "</OrgnlDbtrAcct></AmdmntInfDtls>"
        if debit.amended
        else ""
    )
    text = bank_text(debit.text, 140)
    remittance = f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>" if text else ""
    return (
        f"<DrctDbtTxInf><PmtId><EndToEndId>{debit.reference}</EndToEndId></PmtId>"
        f'<InstdAmt Ccy="EUR">{_euro(debit.cents)}</InstdAmt>'
        f"<DrctDbtTx><MndtRltdInf><MndtId>{debit.mandate}</MndtId>"
        f"<DtOfSgntr>{debit.signed_on.isoformat()}</DtOfSgntr>{amended}</MndtRltdInf></DrctDbtTx>"
        f"<DbtrAgt>{_agent(debit.abroad.bic if debit.abroad else debit.bic)}</DbtrAgt>"
        f"<Dbtr><Nm>{bank_text(debit.name, 70)}</Nm>{_address(debit.abroad)}</Dbtr>"
        f"<DbtrAcct><Id><IBAN>{debit.iban}</IBAN></Id></DbtrAcct>{remittance}</DrctDbtTxInf>\n"
    )


def _address(abroad: Abroad | None) -> str:
    if abroad is None:
        return ""
    parts = (
        ("StrtNm", abroad.street, 70),
        ("BldgNb", abroad.number, 16),
        ("PstCd", abroad.postcode, 16),
        ("TwnNm", abroad.town, 35),
    )
    written = "".join(
        f"<{name}>{text}</{name}>" for name, said, most in parts if (text := bank_text(said, most))
    )
    return f"<PstlAdr>{written}<Ctry>{abroad.country}</Ctry></PstlAdr>"


def _agent(bic: str) -> str:
    known = f"<BICFI>{bic}</BICFI>" if bic else "<Othr><Id>NOTPROVIDED</Id></Othr>"
    return f"<FinInstnId>{known}</FinInstnId>"


def _euro(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))
