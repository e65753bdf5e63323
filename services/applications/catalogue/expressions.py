"""Rules and fees in CEL (cel.dev), the library's sharp edges taken off.

The library reports a failing evaluation as an ordinary *value*; here it is raised. An expression is compiled
and its type checked when a definition is published, so what is published can be evaluated. Money is
integers: an expression for an amount may not even name a floating-point number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Final

from cel_expr_python import cel

LONGEST: Final = 1_000
_POSITION: Final = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")
_LITERALS: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_FLOATING: Final = re.compile(r"\d\.\d|\d[eE][+-]?\d|\bdouble\s*\(")
UNSET_DATE: Final = date(1, 1, 1)


class Kind(StrEnum):
    """The types an expression may see and give."""

    INTEGER = "integer"
    TRUTH = "truth"
    TEXT = "text"
    TEXTS = "texts"
    DATE = "date"


_CEL_TYPES: Final = {
    Kind.INTEGER: cel.Type.INT,
    Kind.TRUTH: cel.Type.BOOL,
    Kind.TEXT: cel.Type.STRING,
    Kind.TEXTS: cel.Type.List(cel.Type.STRING),
    Kind.DATE: cel.Type.TIMESTAMP,
}
EMPTY: Final[Mapping[Kind, Any]] = {
    Kind.INTEGER: 0,
    Kind.TRUTH: False,
    Kind.TEXT: "",
    Kind.TEXTS: [],
    Kind.DATE: UNSET_DATE,
}


class ExpressionRefused(ValueError):
    """The source does not compile or gives another type; the message names line and column."""


class EvaluationFailed(RuntimeError):
    """A published expression met values it cannot compute with, or ran out of its budget of iterations."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `names` are all variables it may see."""

    source: str
    names: frozenset[str]
    _compiled: Any

    def value(self, values: Mapping[str, Any]) -> Any:
        """The result as a plain Python value. Raises EvaluationFailed."""
        try:
            result = self._compiled.eval(data={name: _given(values[name]) for name in self.names})
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise EvaluationFailed(f"{self.source!r}: {error}") from error
        if result.type() == cel.Type.ERROR:
            raise EvaluationFailed(f"{self.source!r}: {result.value()}")
        return result.plain_value()


class Vocabulary:
    """The variables of one definition; compiles expressions over them."""

    def __init__(self, variables: Mapping[str, Kind]) -> None:
        self._kinds = dict(variables)
        self._env = cel.NewEnv(variables={name: _CEL_TYPES[kind] for name, kind in variables.items()})

    def empty(self) -> dict[str, Any]:
        """Every variable with the value it has while nothing is known."""
        return {name: EMPTY[kind] for name, kind in self._kinds.items()}

    def compile(self, source: str, *allowed: Kind, money: bool = False) -> Expression:
        """Raises ExpressionRefused when the source is wrong or its type is not one of `allowed`."""
        if len(source) > LONGEST:
            raise ExpressionRefused(f"longer than {LONGEST} characters")
        if money and _FLOATING.search(_LITERALS.sub("''", source)):
            raise ExpressionRefused("an amount of money is computed in integer cents, without fractions")
        try:
            compiled = self._env.compile(source)
        except RuntimeError as error:
            raise ExpressionRefused(_sentence(str(error))) from error
        given = compiled.return_type()
        if not any(given == _CEL_TYPES[kind] for kind in allowed):
            wanted = " or ".join(allowed)
            raise ExpressionRefused(f"gives {given.name()}, where {wanted} is needed")
        return Expression(source, self._seen(source), compiled)

    def _seen(self, source: str) -> frozenset[str]:
        words = set(re.findall(r"[A-Za-z_]\w*", _LITERALS.sub("''", source)))
        return frozenset(words & self._kinds.keys())


def _given(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value


def _sentence(message: str) -> str:
    found = _POSITION.search(message)
    if found is None:
        return message.splitlines()[0]
    return f"line {found[1]}, column {found[2]}: {found[3].removesuffix(' [INVALID_ARGUMENT]')}"
