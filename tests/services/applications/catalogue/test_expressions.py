from datetime import date

import pytest

from services.applications.catalogue.expressions import (
    EvaluationFailed,
    ExpressionRefused,
    Kind,
    Vocabulary,
)

WORDS = Vocabulary(
    {"months": Kind.INTEGER, "plate": Kind.TEXT, "plates": Kind.TEXTS, "start": Kind.DATE, "mine": Kind.TRUTH}
)
VALUES = {"months": 12, "plate": "LIN-A 1", "plates": ["a", "b"], "start": date(2026, 12, 1), "mine": True}


class TestPublishedExpression:
    def test_gives_plain_values(self) -> None:
        assert WORDS.compile("months * 255", Kind.INTEGER).value(VALUES) == 3060
        assert WORDS.compile("[plate] + plates", Kind.TEXTS).value(VALUES) == ["LIN-A 1", "a", "b"]
        assert WORDS.compile("start > timestamp('2026-11-30T00:00:00Z')", Kind.TRUTH).value(VALUES) is True

    def test_reads_only_what_it_names(self) -> None:
        expression = WORDS.compile("plate == 'months'", Kind.TRUTH)
        assert expression.names == {"plate"}
        assert expression.value({"plate": "x"}) is False


class TestWrongSource:
    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("month * 2", "line 1, column 1: undeclared reference to 'month'"),
            ("months * 2.5", "line 1, column 8: found no matching overload"),
            ("months >\n 2 &&", "line 2, column 6: Syntax error"),
            ("plate", "gives STRING, where integer is needed"),
            ("x" * 1001, "longer than 1000 characters"),
        ],
    )
    def test_is_refused_with_its_position(self, source: str, told: str) -> None:
        with pytest.raises(ExpressionRefused) as refused:
            WORDS.compile(source, Kind.INTEGER)
        assert str(refused.value).startswith(told)

    @pytest.mark.parametrize("source", ["int(double(months) * 2.55)", "int(2.55) * months", "int(1e3)"])
    def test_may_not_compute_money_in_fractions(self, source: str) -> None:
        assert WORDS.compile(source, Kind.INTEGER)
        with pytest.raises(ExpressionRefused, match="integer cents"):
            WORDS.compile(source, Kind.INTEGER, money=True)

    def test_may_name_a_fraction_in_a_text(self) -> None:
        assert WORDS.compile("plate == '2.55' ? 1 : 2", Kind.INTEGER, money=True).value(VALUES) == 2


class TestFailingEvaluation:
    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("months / (months - 12)", "divide by zero"),
            ("9223372036854775807 + months", "overflow"),
            ("int(plate)", "cannot convert|INVALID_ARGUMENT"),
        ],
    )
    def test_is_raised_and_not_returned(self, source: str, reason: str) -> None:
        with pytest.raises(EvaluationFailed, match=reason):
            WORDS.compile(source, Kind.INTEGER).value(VALUES)

    def test_stops_at_its_budget(self) -> None:
        source = "plates.map(a, plates.map(b, plates.map(c, a + b + c))).size()"
        with pytest.raises(EvaluationFailed, match="budget"):
            WORDS.compile(source, Kind.INTEGER).value({"plates": ["x"] * 100})

    def test_misses_a_value(self) -> None:
        with pytest.raises(EvaluationFailed, match="months"):
            WORDS.compile("months", Kind.INTEGER).value({})
