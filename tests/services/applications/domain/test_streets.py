import pytest

from services.applications.domain.refusals import Unacceptable
from services.applications.domain.streets import Street, StreetDirectory, Stretch, read_house_number

DIRECTORY = StreetDirectory(
    [
        Street("Lindenstraße", "01234", (Stretch("L", "both", 1, 9999),)),
        Street(
            "Lange Straße",
            "01234",
            (Stretch("A", "odd", 1, 57), Stretch("D", "even", 2, 60), Stretch("F", "both", 61, 140)),
        ),
        Street("Schlosshof", "01234", private=True),
        Street("Heideweg", "01235"),
    ]
)


def zone(street: str, house: str) -> str:
    return DIRECTORY.zone_of(DIRECTORY.find(street), read_house_number(house))


def code(street: str, house: str) -> str:
    with pytest.raises(Unacceptable) as refused:
        zone(street, house)
    return refused.value.code


class TestZoneOfAHouse:
    @pytest.mark.parametrize(
        ("house", "expected"),
        [
            ("1", "A"),
            ("57", "A"),
            ("2", "D"),
            ("60", "D"),
            ("61", "F"),
            ("62", "F"),
            ("140", "F"),
            ("57a", "A"),
        ],
    )
    def test_follows_side_and_stretch(self, house: str, expected: str) -> None:
        assert zone("Lange Straße", house) == expected

    @pytest.mark.parametrize("house", ["59", "141", "142"])
    def test_is_refused_outside_every_stretch(self, house: str) -> None:
        assert code("Lange Straße", house) == "house_number_outside_zone"

    def test_tells_private_from_unzoned(self) -> None:
        assert code("Schlosshof", "1") == "street_private"
        assert code("Heideweg", "1") == "street_without_zone"


class TestStreetName:
    @pytest.mark.parametrize(
        "written", ["lindenstr.", "Lindenstrasse", "LINDENSTRAẞE", " Lindenstraße ", "lindenstr"]
    )
    def test_is_found_in_other_spellings(self, written: str) -> None:
        assert DIRECTORY.find(written).name == "Lindenstraße"

    def test_is_suggested_for_a_typo(self) -> None:
        with pytest.raises(Unacceptable) as refused:
            DIRECTORY.find("Lindnestraße")
        assert refused.value.code == "street_unknown"
        assert refused.value.params == {"suggestions": ["Lindenstraße"]}

    def test_has_no_suggestion_for_nonsense(self) -> None:
        with pytest.raises(Unacceptable) as refused:
            DIRECTORY.find("Xyzzy")
        assert refused.value.params == {"suggestions": []}


class TestHouseNumber:
    @pytest.mark.parametrize(("written", "read"), [("12", "12"), (" 12 A ", "12a"), ("7b", "7b")])
    def test_has_one_spelling(self, written: str, read: str) -> None:
        assert str(read_house_number(written)) == read

    @pytest.mark.parametrize("written", ["0", "012", "12-14", "a", "12ab", "12345", "-1", "١٢"])
    def test_is_refused_when_no_house_has_it(self, written: str) -> None:
        with pytest.raises(Unacceptable, match="house_number_impossible"):
            read_house_number(written)


class TestStretches:
    @pytest.mark.parametrize(
        ("one", "other", "overlap"),
        [
            (Stretch("A", "odd", 1, 9), Stretch("B", "even", 2, 10), False),
            (Stretch("A", "odd", 1, 9), Stretch("B", "both", 9, 12), True),
            (Stretch("A", "even", 2, 9), Stretch("B", "both", 9, 12), False),
            (Stretch("A", "both", 1, 9), Stretch("B", "both", 10, 12), False),
        ],
    )
    def test_overlap_where_a_house_lies_in_both(self, one: Stretch, other: Stretch, overlap: bool) -> None:
        assert one.overlaps(other) is overlap
        assert other.overlaps(one) is overlap
