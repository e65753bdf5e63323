"""Reads pain.002, what the bank says of a file before it settles: taken, or refused as a whole or in part."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.payments.sepa.xml_reading import Node, Refusal, XmlRefused, pieces

NAMESPACES: Final = frozenset(
    f"urn:iso:std:iso:20022:tech:xsd:pain.002.{version}" for version in ("001.03", "002.03", "001.10")
)
_CONTAINERS: Final = frozenset({"CstmrPmtStsRpt", "OrgnlPmtInfAndSts"})
REJECTED: Final = "RJCT"


@dataclass(frozen=True, slots=True)
class DebitStatus:
    """The bank's word on one debit of the file, by its EndToEndId; `code` is the reason."""

    reference: str
    status: str
    code: str


@dataclass(frozen=True, slots=True)
class StatusReport:
    """`status` is the whole file's where the bank gives one: ACCP, PART, RJCT …; `groups` those of groups.

    A group that is refused as a whole may name none of its debits.
    """

    message_id: str
    original_message_id: str
    status: str
    code: str
    groups: tuple[DebitStatus, ...]
    debits: tuple[DebitStatus, ...]

    @property
    def is_rejected(self) -> bool:
        """The whole file is refused."""
        return self.status == REJECTED


def read_status(chunks: Iterable[bytes]) -> StatusReport:
    """The report. Raises XmlRefused with the line where the file is none."""
    head = Node("CstmrPmtStsRpt", 1)
    group = Node("OrgnlPmtInfAndSts", 1)
    groups: list[DebitStatus] = []
    debits: list[DebitStatus] = []
    for piece in pieces(chunks, NAMESPACES, _CONTAINERS):
        node = piece.node
        if piece.container == "CstmrPmtStsRpt" and node is not None:
            head.put(node)
        elif piece.container == "OrgnlPmtInfAndSts" and node is None:
            groups.append(DebitStatus(group.short("OrgnlPmtInfId"), group.short("PmtInfSts"), _code(group)))
            group = Node("OrgnlPmtInfAndSts", 1)
        elif piece.container == "OrgnlPmtInfAndSts" and node is not None:
            if node.name == "TxInfAndSts":
                debits.append(DebitStatus(node.short("OrgnlEndToEndId"), node.short("TxSts"), _code(node)))
            else:
                group.put(node)
    original = head.find("OrgnlGrpInfAndSts")
    if original is None or not original.said("OrgnlMsgId"):
        raise XmlRefused(Refusal.CONTENT, head.line, "a report names the file it is about")
    return StatusReport(
        head.short("GrpHdr/MsgId"), original.short("OrgnlMsgId"), original.short("GrpSts"), _code(original),
        tuple(groups), tuple(debits),
    )  # fmt: skip


def _code(node: Node) -> str:
    return node.short("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")
