"""Hostile and broken XML: refused with a reason and a line, and nothing of it done."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.sepa.camt import NAMESPACES, read_statements
from services.payments.sepa.xml_reading import DEEPEST, LONGEST_TEXT, Refusal, XmlRefused, pieces
from tests.services.payments.sepa.messages import camt, credit

GOOD = camt([credit(3060)])
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def refusal(file: bytes) -> tuple[Refusal, int]:
    with pytest.raises(XmlRefused) as refused:
        list(read_statements(file[at : at + 100] for at in range(0, len(file), 100)))
    return refused.value.reason, refused.value.line


def with_doctype(inner: str, use: str = "x") -> bytes:
    head, rest = GOOD.decode().split("\n", 1)
    return f"{head}\n<!DOCTYPE Document [{inner}]>\n{rest}".replace("STMT-1", use).encode()


class TestHostile:
    @pytest.mark.parametrize(
        "inner",
        [
            "", '<!ENTITY a "aaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">',
            '<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;',
            '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">',
        ],
    )  # fmt: skip
    def test_a_doctype_is_refused_before_anything_of_it(self, inner: str) -> None:
        assert refusal(with_doctype(inner, "&a;")) == (Refusal.DOCTYPE, 2)

    def test_an_entity_that_nobody_declared_is_no_xml(self) -> None:
        assert refusal(GOOD.replace(b"STMT-1", b"&a;"))[0] is Refusal.NOT_XML

    def test_depth_is_bounded(self) -> None:
        deep = b"<a>" * DEEPEST + b"</a>" * DEEPEST
        assert refusal(GOOD.replace(b"<Acct>", deep + b"<Acct>"))[0] is Refusal.TOO_DEEP

    def test_size_is_bounded(self) -> None:
        with pytest.raises(XmlRefused) as refused:
            list(pieces([GOOD, b" " * 1000], NAMESPACES, frozenset(), largest=len(GOOD) + 10))
        assert refused.value.reason is Refusal.TOO_LARGE

    def test_a_text_is_bounded(self) -> None:
        assert refusal(GOOD.replace(b"STMT-1", b"S" * (LONGEST_TEXT + 1)))[0] is Refusal.TOO_LARGE

    def test_blanks_between_elements_are_no_text(self) -> None:
        wide = GOOD.replace(b"<BookgDt>", (b" " * 10_000 + b"<AddtlNtryInf/>") * 20 + b"<BookgDt>")
        (statement,) = read_statements([wide])
        assert statement.identifier == "STMT-1"

    def test_elements_of_another_namespace_are_passed_over(self) -> None:
        foreign = b'<x:Id xmlns:x="urn:x"><Id>EVIL</Id></x:Id>'
        (statement,) = read_statements([GOOD.replace(b"<Id>STMT-1", foreign + b"<Id>STMT-1")])
        assert statement.identifier == "STMT-1"


class TestBroken:
    @pytest.mark.parametrize(
        ("file", "line"),
        [
            (b"", 1), (b"not xml", 1), (b"{}", 1), (GOOD[:300], 4), (GOOD.replace(b"</Ntry>", b"</Nope>"), 7),
            (GOOD.replace(b"UTF-8", b"UTF-7"), 1), (GOOD.replace(b"Ada", b"\xff\xfe"), 7), (b"\x00" * 50, 1),
        ],
    )  # fmt: skip
    def test_is_said_to_be_no_xml_and_on_which_line(self, file: bytes, line: int) -> None:
        assert refusal(file) == (Refusal.NOT_XML, line)

    @pytest.mark.parametrize(
        "file",
        [b"<Document/>", b"<html/>", GOOD.replace(b"camt.053.001.08", b"camt.052.001.08"),
         GOOD.replace(NAMESPACE.encode(), b"urn:other")],
    )  # fmt: skip
    def test_is_said_to_be_another_message(self, file: bytes) -> None:
        assert refusal(file)[0] is Refusal.OTHER_MESSAGE

    @given(st.integers(0, len(GOOD) - 1), st.binary(max_size=20))
    def test_never_ends_otherwise_than_refused(self, at: int, junk: bytes) -> None:
        try:
            list(read_statements([GOOD[:at] + junk + GOOD[at + 3 :]]))
        except XmlRefused as refused:
            assert refused.line >= 1


class TestNoNetwork:
    def test_no_file_is_opened(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("hush")
        assert refusal(with_doctype(f'<!ENTITY a SYSTEM "{secret.as_uri()}">', "&a;"))[0] is Refusal.DOCTYPE
