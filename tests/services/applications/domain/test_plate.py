import pytest

from services.applications.domain.plate import PlateKind, read_plate
from services.applications.domain.refusals import Unacceptable


def refusal(written: str, *, foreign: bool = False) -> Unacceptable:
    with pytest.raises(Unacceptable) as refused:
        read_plate(written, foreign=foreign)
    return refused.value


class TestOneSpellingForOneVehicle:
    @pytest.mark.parametrize(
        "written",
        ["LIN-AB 123", "lin ab 123", "LIN-AB123", "LIN AB 123", " lin - ab - 123 ", "LINAB123", "Lin·Ab 123"],
    )
    def test_brings_spellings_together(self, written: str) -> None:
        assert read_plate(written).text == "LIN-AB 123"

    def test_keeps_umlauts_of_the_place(self) -> None:
        assert read_plate("lö a 1").text == "LÖ-A 1"

    def test_is_stable_when_read_again(self) -> None:
        assert read_plate(read_plate("hh xy 12e").text).text == "HH-XY 12E"


class TestAmbiguousSpelling:
    def test_asks_instead_of_guessing(self) -> None:
        refused = refusal("BMA1")
        assert (refused.code, refused.params) == ("plate_ambiguous", {"candidates": ["B-MA 1", "BM-A 1"]})

    def test_takes_the_only_split_of_two_letters(self) -> None:
        assert read_plate("BM1").text == "B-M 1"


class TestKind:
    @pytest.mark.parametrize(
        ("written", "kind", "text"),
        [
            ("LIN-A 1", PlateKind.ORDINARY, "LIN-A 1"),
            ("LIN-A 12E", PlateKind.ELECTRIC, "LIN-A 12E"),
            ("LIN-A 12 h", PlateKind.HISTORIC, "LIN-A 12H"),
            ("LIN-A 12 04-10", PlateKind.SEASON, "LIN-A 12"),
            ("LIN-A 12H (11/03)", PlateKind.SEASON, "LIN-A 12H"),
        ],
    )
    def test_is_told_by_suffix_and_season(self, written: str, kind: PlateKind, text: str) -> None:
        plate = read_plate(written)
        assert (plate.kind, plate.text) == (kind, text)

    def test_is_foreign_when_registered_abroad(self) -> None:
        assert read_plate("wa 12345", foreign=True).kind is PlateKind.FOREIGN


class TestImpossiblePlate:
    @pytest.mark.parametrize(
        "written",
        [
            "LIN-AB 0123",
            "LIN-AB 0",
            "LIN-ABC 12",
            "LINX-A 12",
            "LIN-AB 1234E",
            "LIN-Ä 12",
            "1IN-A 12",
            "LIN-AB",
            "LIN 123",
            "LIN-A 12X",
            "L",
            "LINABC12",
        ],
    )
    def test_is_refused(self, written: str) -> None:
        assert refusal(written).code in {"plate_impossible", "plate_ambiguous"}

    @pytest.mark.parametrize(
        "written", ["LIN-A 12 04-04", "LIN-A 12 01-12", "LIN-A 12 13-02", "LIN-A 12 00-05"]
    )
    def test_is_refused_for_its_season(self, written: str) -> None:
        assert refusal(written).code == "plate_season_impossible"

    @pytest.mark.parametrize("written", ["ABCDEF", "!!!", "A" * 20 + "1"])
    def test_is_refused_abroad_too(self, written: str) -> None:
        assert refusal(written, foreign=True).code == "plate_impossible"

    def test_allows_eight_characters_and_no_more(self) -> None:
        assert read_plate("LIN-A 1234").text == "LIN-A 1234"
        assert read_plate("LI-AB 123E").text == "LI-AB 123E"
        assert refusal("LIN-AB 1234").code == "plate_impossible"
