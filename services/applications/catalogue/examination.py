"""The whole form: all errors at once, the facts, the fee, what is reserved, and why a clerk is needed.

Pure: the same answers on the same day give the same examination. It is used when a form is checked, when it
is submitted, and when a correction comes in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from services.applications.catalogue.definition import FieldType, FormField
from services.applications.catalogue.facts import Derived, FactProvider
from services.applications.catalogue.loading import Catalogue
from services.applications.catalogue.publication import ACCOUNT, TODAY, PublishedService
from services.applications.catalogue.reading import is_empty, plate_kind, read_answer
from services.applications.domain.dog_tax import same_day_later
from services.applications.domain.refusals import FieldError, Unacceptable

UNKNOWN_FIELD: Final = "field_unknown"


@dataclass(slots=True)
class Examination:
    """What was found. `fee_cents`, `reservations` and `reasons` are meaningful without errors only.

    `answers` and `facts` are JSON values: days as ISO strings. `reasons` are why this is not the plain case.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    fee_cents: int | None = None
    starts: date | None = None
    months: int = 0
    reservations: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    assessment: Mapping[str, Any] | None = None

    @property
    def acceptable(self) -> bool:
        return not self.errors


def examine(
    service: PublishedService, catalogue: Catalogue, given: Mapping[str, Any], *, today: date, account: str
) -> Examination:
    """`today` is the day in the city; `account` its id. Raises EvaluationFailed on a broken rule."""
    found = Examination()
    values = _values(service, catalogue, today, account)
    _read_fields(service, given, values, found)
    refused = {error.field for error in found.errors}
    _derive_facts(service, values, found, refused)
    found.errors.extend(_broken_rules(service, values, {error.field for error in found.errors}))
    if found.acceptable:
        found.fee_cents = service.fee.value(values)
        found.starts = service.starts.value(values).date()
        found.months = service.months.value(values)
        found.reservations = tuple(_reservations(service, values))
        found.reasons = tuple(reason for reason, require in service.plain_case if not require.value(values))
    return found


def assess_again(
    service: PublishedService, catalogue: Catalogue, given: Mapping[str, Any], *, today: date, account: str
) -> tuple[int, Mapping[str, Any]]:
    """Fee and assessment, as of the decision, of answers accepted before; rules are not asked again."""
    found = Examination()
    values = _values(service, catalogue, today, account)
    _read_fields(service, given, values, found)
    _derive_facts(service, values, found, {error.field for error in found.errors})
    return int(service.fee.value(values)), found.assessment or {}


def _values(service: PublishedService, catalogue: Catalogue, today: date, account: str) -> dict[str, Any]:
    values = service.vocabulary.empty()
    values.update({TODAY: today, ACCOUNT: account, **service.definition.parameters})
    if service.definition.tariff:
        values.update(catalogue.city.tariffs[service.definition.tariff].on(today))
    return values


def _read_fields(
    service: PublishedService, given: Mapping[str, Any], values: dict[str, Any], found: Examination
) -> None:
    fields = service.definition.fields
    known = {entry.name for entry in fields}
    found.errors.extend(FieldError(str(name), UNKNOWN_FIELD) for name in given if name not in known)
    for entry in sorted(fields, key=lambda each: each.foreign_when is not None):
        foreign = entry.name in service.foreign_when and service.foreign_when[entry.name].value(values)
        answer = given.get(entry.name)
        if is_empty(answer):
            continue
        try:
            values[entry.name] = read_answer(entry, answer, foreign=foreign)
        except Unacceptable as refusal:
            found.errors.append(FieldError(entry.name, refusal.code, refusal.params))
            continue
        found.answers[entry.name] = _as_json(values[entry.name])
        if entry.type is FieldType.PLATE:
            values[f"{entry.name}_kind"] = str(plate_kind(answer, foreign=foreign))
            found.facts[f"{entry.name}_kind"] = values[f"{entry.name}_kind"]
    refused = {error.field for error in found.errors}
    found.errors.extend(_missing(service, values, found.answers, refused))
    order = {entry.name: at for at, entry in enumerate(fields)}
    found.errors.sort(key=lambda error: order.get(error.field, len(order)))


def _missing(
    service: PublishedService, values: Mapping[str, Any], answers: Mapping[str, Any], refused: set[str]
) -> Iterator[FieldError]:
    for entry in service.definition.fields:
        if entry.name in refused or answers.get(entry.name, False) is not False:
            continue
        if _is_required(entry, service, values):
            declared = entry.type is FieldType.DECLARATION
            yield FieldError(entry.name, "declaration_missing" if declared else "required")


def _is_required(entry: FormField, service: PublishedService, values: Mapping[str, Any]) -> bool:
    if entry.required_when is None:
        return entry.required
    return bool(service.required_when[entry.name].value(values))


def _derive_facts(
    service: PublishedService, values: dict[str, Any], found: Examination, refused: set[str]
) -> None:
    for use, provider in service.facts:
        sources = set(use.inputs.values())
        if sources & refused or not sources <= found.answers.keys():
            continue
        given = {name: values[source] for name, source in use.inputs.items()}
        derived = _derived(provider, given, values[TODAY])
        values.update(derived.values)
        for name, official in derived.spelt.items():
            values[use.inputs[name]] = found.answers[use.inputs[name]] = official
        found.facts.update({name: _as_json(value) for name, value in derived.values.items()})
        found.assessment = derived.assessment or found.assessment
        found.errors.extend(
            FieldError(use.inputs[name], refusal.code, refusal.params)
            for name, refusal in derived.refused.items()
        )


def _derived(provider: FactProvider, given: Mapping[str, Any], today: date) -> Derived:
    """What follows from acceptable answers; where nothing can be computed from them, they are refused."""
    try:
        return provider.derive(given, today)
    except (ArithmeticError, ValueError):
        days = [name for name, value in given.items() if isinstance(value, date)]
        return Derived(refused={name: Unacceptable("not_computable") for name in days or given})


def _broken_rules(
    service: PublishedService, values: Mapping[str, Any], refused: set[str]
) -> Iterator[FieldError]:
    for rule in service.rules:
        if refused & set(rule.fields) or (rule.when and not rule.when.value(values)):
            continue
        if not rule.require.value(values):
            yield from (FieldError(name, rule.code) for name in rule.fields)


def _reservations(service: PublishedService, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for claim in service.reservations:
        value = claim.value.value(values)
        for one in value if isinstance(value, list) else [value]:
            if one:
                yield claim.scope, str(one)


def valid_period(starts: date, months: int) -> tuple[date, date | None]:
    """First and last day; `months` 0 means without end."""
    if months == 0:
        return starts, None
    return starts, same_day_later(starts, months) - timedelta(days=1)


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
