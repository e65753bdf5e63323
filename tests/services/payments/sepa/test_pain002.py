"""The bank's word on a file of debits."""

import pytest

from services.payments.sepa.pain002 import DebitStatus, read_status
from services.payments.sepa.xml_reading import Refusal, XmlRefused
from tests.services.payments.sepa.messages import pain_002


@pytest.mark.parametrize("version", ["001.03", "002.03", "001.10"])
class TestEveryVersion:
    def test_names_the_debits_that_are_refused(self, version: str) -> None:
        report = read_status([pain_002("SDD-1", [("E-1", "AC01"), ("E-2", "MD01")], version=version)])
        assert (report.original_message_id, report.status, report.is_rejected) == ("SDD-1", "PART", False)
        assert report.debits == (DebitStatus("E-1", "RJCT", "AC01"), DebitStatus("E-2", "RJCT", "MD01"))

    def test_says_that_a_file_is_refused_as_a_whole(self, version: str) -> None:
        report = read_status([pain_002("SDD-1", [], status="RJCT", code="FF01", version=version)])
        assert (report.is_rejected, report.code, report.debits) == (True, "FF01", ())


class TestRefusing:
    def test_takes_no_report_on_nothing(self) -> None:
        with pytest.raises(XmlRefused) as refused:
            read_status([pain_002("", [])])
        assert refused.value.reason is Refusal.CONTENT

    def test_takes_no_other_message(self) -> None:
        with pytest.raises(XmlRefused) as refused:
            read_status([pain_002("SDD-1", []).replace(b"pain.002", b"pain.008")])
        assert refused.value.reason is Refusal.OTHER_MESSAGE

    @pytest.mark.parametrize(
        "report",
        [pain_002("S" * 36, []), pain_002("SDD-1", [], status="R" * 36), pain_002("SDD-1", [], code="F" * 36),
         pain_002("SDD-1", [("E" * 36, "AC01")]), pain_002("SDD-1", [("E-1", "A" * 36)]),
         pain_002("SDD-1", [], group="G" * 36)],
    )  # fmt: skip
    def test_takes_no_word_longer_than_one_can_be(self, report: bytes) -> None:
        with pytest.raises(XmlRefused) as refused:
            read_status([report])
        assert refused.value.reason is Refusal.CONTENT
