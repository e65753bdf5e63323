"""Messages as banks write them, in each of the versions: made here, valid by the official schemas."""

from collections.abc import Sequence
from dataclasses import dataclass

ACCOUNT = "DE02120300000000202051"
PAYER = "DE89370400440532013000"
REPORTS = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}


def euro(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02d}"


def sign(cents: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if cents >= 0 else 'DBIT'}</CdtDbtInd>"


@dataclass(frozen=True)
class Tx:
    """A transaction: signed cents; `original` before charges."""

    cents: int
    end_to_end: str = "NOTPROVIDED"
    text: str = ""
    name: str = "Ada Lovelace"
    iban: str = PAYER
    mandate: str = ""
    reason: str = ""
    original: int | None = None
    charges: int = 0
    reference: str = ""
    bank_reference: str = ""

    def xml(self, version: str) -> str:
        refs = f"<AcctSvcrRef>{self.bank_reference}</AcctSvcrRef>" if self.bank_reference else ""
        refs += f"<EndToEndId>{self.end_to_end}</EndToEndId>"
        refs += f"<MndtId>{self.mandate}</MndtId>" if self.mandate else ""
        return (
            f"<TxDtls><Refs>{refs}</Refs>{self._amount(version)}{self._charges(version)}"
            f"{self._parties(version)}{self._remittance()}{self._return()}</TxDtls>"
        )

    def _amount(self, version: str) -> str:
        original = self.original
        instructed = (
            f'<InstdAmt><Amt Ccy="EUR">{euro(original)}</Amt></InstdAmt>' if original is not None else ""
        )
        total = f'<TxAmt><Amt Ccy="EUR">{euro(self.cents)}</Amt></TxAmt>'
        if version == "02":
            return f"<AmtDtls>{instructed}{total}</AmtDtls>"
        details = f"<AmtDtls>{instructed}{total}</AmtDtls>"
        return f'<Amt Ccy="EUR">{euro(self.cents)}</Amt>{sign(self.cents)}{details}'

    def _charges(self, version: str) -> str:
        if not self.charges:
            return ""
        amount = f'<Amt Ccy="EUR">{euro(self.charges)}</Amt>'
        return f"<Chrgs>{amount}</Chrgs>" if version == "02" else f"<Chrgs><Rcrd>{amount}</Rcrd></Chrgs>"

    def _parties(self, version: str) -> str:
        party = "Dbtr" if self.cents > 0 or self.reason else "Cdtr"
        name = f"<Nm>{self.name}</Nm>"
        name = f"<Pty>{name}</Pty>" if version == "08" else name
        account = f"<{party}Acct><Id><IBAN>{self.iban}</IBAN></Id></{party}Acct>"
        return f"<RltdPties><{party}>{name}</{party}>{account}</RltdPties>"

    def _remittance(self) -> str:
        lines = "".join(f"<Ustrd>{line}</Ustrd>" for line in self.text.split("\n") if line)
        if self.reference:
            lines += f"<Strd><CdtrRefInf><Ref>{self.reference}</Ref></CdtrRefInf></Strd>"
        return f"<RmtInf>{lines}</RmtInf>" if lines else ""

    def _return(self) -> str:
        return f"<RtrInf><Rsn><Cd>{self.reason}</Cd></Rsn></RtrInf>" if self.reason else ""


@dataclass(frozen=True)
class Line:
    """An entry of a statement: signed cents."""

    cents: int
    transactions: Sequence[Tx] = ()
    reference: str = ""
    status: str = "BOOK"
    day: str = "2026-11-26"
    code: str = "PMNT/RCDT/ESCT"
    count: int = 0
    group: str = ""
    reversal: bool = False
    currency: str = "EUR"

    def xml(self, version: str) -> str:
        status = f"<Sts><Cd>{self.status}</Cd></Sts>" if version == "08" else f"<Sts>{self.status}</Sts>"
        reference = f"<AcctSvcrRef>{self.reference}</AcctSvcrRef>" if self.reference else ""
        domain, family, sub = self.code.split("/")
        code = (
            f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly>"
            "</Domn></BkTxCd>"
        )
        group = f"<PmtInfId>{self.group}</PmtInfId>" if self.group else ""
        batch = f"<Btch>{group}<NbOfTxs>{self.count}</NbOfTxs></Btch>" if self.count else ""
        inner = "".join(one.xml(version) for one in self.transactions)
        details = f"<NtryDtls>{batch}{inner}</NtryDtls>" if batch or inner else ""
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{euro(self.cents)}</Amt>{sign(self.cents)}'
            f"{'<RvslInd>true</RvslInd>' if self.reversal else ''}{status}"
            f"<BookgDt><Dt>{self.day}</Dt></BookgDt><ValDt><Dt>{self.day}</Dt></ValDt>{reference}{code}"
            f"{details}</Ntry>\n"
        )


def credit(cents: int, text: str = "", reference: str = "R1", **tx: object) -> Line:
    """Somebody's transfer."""
    return Line(cents, [Tx(cents, text=text, **tx)], reference)  # type: ignore[arg-type]


def returned(cents: int, end_to_end: str, reason: str, charges: int = 0, reference: str = "R9") -> Line:
    """A debit that came back: what it was about and what the banks took."""
    total = -(cents + charges)
    one = Tx(total, end_to_end, "", mandate="M-1", reason=reason, original=cents, charges=charges)
    return Line(total, [one], reference, code="PMNT/RDDT/UPDD")


def camt(
    lines: Sequence[Line], version: str = "08", kind: str = "053", *, sequence: int = 1, opening: int = 0,
    closing: int | None = None, identifier: str = "STMT-1", account: str = ACCOUNT, currency: str = "EUR",
    page: int = 0, last: bool = True, balances: tuple[str, str] | None = ("OPBD", "CLBD"),
) -> bytes:  # fmt: skip
    """A statement or a notification; the closing balance is right unless one is given. `page` is one of
    several, `balances` the codes of the first and of the last one."""
    outer, inner = REPORTS[kind]
    booked = sum(line.cents for line in lines if (line.status, line.currency) == ("BOOK", currency))
    told = {"opening": opening, "closing": opening + booked if closing is None else closing}
    held = "" if kind == "054" or balances is None else _balances(balances, currency, **told)
    paged = (
        f"<StmtPgntn><PgNb>{page}</PgNb><LastPgInd>{str(last).lower()}</LastPgInd></StmtPgntn>"
        if page
        else ""
    )
    body = "".join(line.xml(version) for line in lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"><{outer}>\n'
        "<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-11-26T18:00:00</CreDtTm></GrpHdr>\n"
        f"<{inner}><Id>{identifier}</Id>{paged}<ElctrncSeqNb>{sequence}</ElctrncSeqNb>"
        f"<CreDtTm>2026-11-26T18:00:00</CreDtTm><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>\n"
        f"{held}{body}</{inner}></{outer}></Document>\n"
    ).encode()


def _balances(codes: tuple[str, str], currency: str, *, opening: int, closing: int) -> str:
    return "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{euro(cents)}</Amt>{sign(cents)}<Dt><Dt>2026-11-26</Dt></Dt></Bal>\n'
        for code, cents in zip(codes, (opening, closing), strict=True)
    )


def pain_002(
    message_id: str, rejected: Sequence[tuple[str, str]], *, status: str = "PART", version: str = "001.03",
    group: str = "G-1", code: str = "", group_status: str = "", group_code: str = "",
) -> bytes:  # fmt: skip
    """A report on a file of debits; `rejected` are (EndToEndId, reason); without `status` only they are."""
    why = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
    transactions = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf></TxInfAndSts>"
        for reference, reason in rejected
    )
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.{version}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>R-1</MsgId><CreDtTm>2026-11-26T18:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.008</OrgnlMsgNmId>"
        f"{f'<GrpSts>{status}</GrpSts>' if status else ''}{why}</OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{group}</OrgnlPmtInfId>{_of_group(group_status, group_code)}"
        f"{transactions}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def _of_group(status: str, code: str) -> str:
    if not status:
        return ""
    return f"<PmtInfSts>{status}</PmtInfSts><StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>"
