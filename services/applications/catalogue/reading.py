"""One answer: checked against its field and brought into its one normal form."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from services.applications.catalogue.definition import FieldType, FormField
from services.applications.domain.latin import read_latin
from services.applications.domain.plate import PlateKind, read_plate
from services.applications.domain.refusals import Unacceptable
from services.applications.domain.streets import read_house_number

MOST_PLATES: Final = 3
_YES: Final = {"true", "on", "1", "yes", "ja"}
_NO: Final = {"", "false", "off", "0", "no", "nein"}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")


def is_empty(answer: Any) -> bool:
    """Whether a question was left open; blanks are not an answer."""
    return (
        answer is None or (isinstance(answer, str) and not answer.strip()) or answer is False or answer == []
    )


def read_answer(field: FormField, answer: Any, *, foreign: bool) -> Any:
    """The value in its normal form: str, int, bool, date or list[str]. Raises Unacceptable."""
    return _READERS[field.type](field, answer, foreign)


def plate_kind(answer: Any, *, foreign: bool) -> PlateKind:
    """The kind of a plate already read once without refusal."""
    return read_plate(str(answer), foreign=foreign).kind


def _text(field: FormField, answer: Any, _foreign: bool = False) -> str:
    if not isinstance(answer, str):
        raise Unacceptable("not_a_text")
    text = answer.strip() if field.type is FieldType.TEXTAREA else " ".join(answer.split())
    text = text.replace("\r\n", "\n")
    if _CONTROL.search(text):
        raise Unacceptable("characters_not_allowed", characters=[])
    if len(text) > field.max_length:
        raise Unacceptable("too_long", max=field.max_length)
    if len(text) < field.min_length:
        raise Unacceptable("too_short", min=field.min_length)
    if field.pattern and not re.fullmatch(field.pattern.regex, text):
        raise Unacceptable(field.pattern.code)
    return text


def _name(field: FormField, answer: Any, _foreign: bool) -> str:
    return read_latin(_text(field, answer))


def _house_number(field: FormField, answer: Any, _foreign: bool) -> str:
    return str(read_house_number(_text(field, str(answer) if isinstance(answer, int) else answer)))


def _plate(field: FormField, answer: Any, foreign: bool) -> str:
    return read_plate(_text(field, answer), foreign=foreign).text


def _plates(field: FormField, answer: Any, _foreign: bool) -> list[str]:
    parts = re.split(r"[,;\n]", answer) if isinstance(answer, str) else answer
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise Unacceptable("not_a_text")
    plates = [read_plate(part).text for part in parts if part.strip()]
    if len(plates) > MOST_PLATES:
        raise Unacceptable("too_many", max=MOST_PLATES)
    return sorted(set(plates))


def _date(field: FormField, answer: Any, _foreign: bool) -> date:
    day = _day(answer.strip() if isinstance(answer, str) else "")
    if not field.earliest <= day <= field.latest:
        limits = {"min": field.earliest.isoformat(), "max": field.latest.isoformat()}
        raise Unacceptable("date_out_of_range", **limits)
    return day


def _day(text: str) -> date:
    try:
        if "." in text:
            return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
        return date.fromisoformat(text) if len(text) == 10 else date.fromisoformat("")
    except ValueError:
        raise Unacceptable("not_a_date") from None


def _choice(field: FormField, answer: Any, _foreign: bool) -> str:
    if not isinstance(answer, str) or answer not in {option.value for option in field.options}:
        raise Unacceptable("not_an_option")
    return answer


def _declaration(_field: FormField, answer: Any, _foreign: bool) -> bool:
    if isinstance(answer, bool):
        return answer
    text = str(answer).strip().lower()
    if text not in _YES | _NO:
        raise Unacceptable("not_a_declaration")
    return text in _YES


def _integer(field: FormField, answer: Any, _foreign: bool) -> int:
    if isinstance(answer, str) and re.fullmatch(r"\s*-?\d{1,9}\s*", answer, re.ASCII):
        answer = int(answer)
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Unacceptable("not_a_number")
    if field.minimum is not None and answer < field.minimum:
        raise Unacceptable("too_small", min=field.minimum, max=field.maximum)
    if field.maximum is not None and answer > field.maximum:
        raise Unacceptable("too_large", min=field.minimum, max=field.maximum)
    return answer


_READERS: Final[Mapping[FieldType, Callable[[FormField, Any, bool], Any]]] = {
    FieldType.TEXT: _text,
    FieldType.TEXTAREA: _text,
    FieldType.NAME: _name,
    FieldType.STREET: _text,
    FieldType.HOUSE_NUMBER: _house_number,
    FieldType.PLATE: _plate,
    FieldType.PLATES: _plates,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.DECLARATION: _declaration,
    FieldType.INTEGER: _integer,
    FieldType.MONTHS: _integer,
}
