"""Whether a file of debits is valid by its official schema, asked before a bank could say no.

The schema is the registration authority's pain.008.001.08, as the package `sepaxml` ships it. It is read
once; a file passes through in pieces, so that 20,000 debits take no more memory than one.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files
from typing import Final

import sepaxml
from lxml import etree

from services.payments.sepa.pain008 import NAMESPACE

_DEBIT: Final = f"{{{NAMESPACE}}}DrctDbtTxInf"
_ELEMENT: Final = re.compile(r"Element '(?:\{[^}]*\})?(\w+)'")

_RULES: Final = {code: name for name, code in vars(etree.ErrorTypes).items() if isinstance(code, int)}


class SchemaBroken(ValueError):
    """The file is not valid: `element` breaks `rule`. Nothing of a person is repeated."""

    def __init__(self, element: str, rule: str) -> None:
        super().__init__(f"the file of debits is not valid: {element or 'its XML'} breaks {rule or 'a rule'}")
        self.element, self.rule = element, rule


@cache
def pain_008() -> etree.XMLSchema:
    """The schema, ready for use; from any thread."""
    with as_file(files(sepaxml) / "schemas" / "pain.008.001.08.xsd") as path:
        return etree.XMLSchema(etree.parse(path))


def checked(pieces: Iterable[bytes]) -> bytes:
    """The whole file, valid. Raises SchemaBroken."""
    parser = etree.XMLPullParser(("end",), tag=_DEBIT, schema=pain_008())
    file = bytearray()
    try:
        for piece in pieces:
            file += piece
            parser.feed(piece)
            _forget_read(parser)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _broken(error) from None
    return bytes(file)


def _forget_read(parser: etree.XMLPullParser) -> None:
    """A debit that was judged takes no place any more."""
    for _, debit in parser.read_events():
        debit.clear()
        while debit.getprevious() is not None:
            del debit.getparent()[0]


def _broken(error: etree.XMLSyntaxError) -> SchemaBroken:
    """By names alone: the parser's own sentence repeats what stands in the file."""
    found = _ELEMENT.match(error.msg or "")
    return SchemaBroken(found[1] if found else "", _RULES.get(error.code, ""))
