"""Publishing a definition: every expression compiled, every reference followed, or a sentence why not.

A published service cannot fail on a misspelt name or a wrong type while a citizen waits.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.applications.catalogue.city import City
from services.applications.catalogue.definition import FactUse, FieldType, FormField, ServiceDefinition
from services.applications.catalogue.expressions import Expression, ExpressionRefused, Kind, Vocabulary
from services.applications.catalogue.facts import FactProvider, providers
from services.applications.catalogue.layouts import missing
from services.applications.domain.instalments import PARTS_A_YEAR

KINDS: Final[Mapping[FieldType, Kind]] = {
    FieldType.DATE: Kind.DATE,
    FieldType.DECLARATION: Kind.TRUTH,
    FieldType.INTEGER: Kind.INTEGER,
    FieldType.MONTHS: Kind.INTEGER,
    FieldType.PLATES: Kind.TEXTS,
}
TODAY, ACCOUNT = "today", "account"
DUNNING: Final = ("reminder", "dunning", "enforcement")
"""The steps of payments, where the municipality has set no others."""


class DefinitionRefused(ValueError):
    """A definition cannot be published: where in it, and why."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}")
        self.path, self.sentence = path, sentence


@dataclass(frozen=True, slots=True)
class PublishedRule:
    code: str
    fields: tuple[str, ...]
    require: Expression
    when: Expression | None


@dataclass(frozen=True, slots=True)
class PublishedReservation:
    scope: str
    code: str
    fields: tuple[str, ...]
    value: Expression


@dataclass(frozen=True, slots=True)
class PublishedService:
    """A definition with all its expressions compiled, and the providers its facts come from."""

    definition: ServiceDefinition
    vocabulary: Vocabulary
    required_when: Mapping[str, Expression]
    foreign_when: Mapping[str, Expression]
    facts: tuple[tuple[FactUse, FactProvider], ...]
    rules: tuple[PublishedRule, ...]
    fee: Expression
    reservations: tuple[PublishedReservation, ...]
    plain_case: tuple[tuple[str, Expression], ...]
    starts: Expression
    months: Expression

    @property
    def rule_version(self) -> str:
        """What a decision cites: the service and the version whose rules were applied."""
        return f"{self.definition.key}/{self.definition.version}"


def publish(
    definition: ServiceDefinition, city: City, dunning: Collection[str] = DUNNING
) -> PublishedService:
    """`dunning` names the steps that payments takes. Raises DefinitionRefused."""
    known = providers(city)
    _check_references(definition, known, city)
    step = definition.fee.unpaid.after_step
    _require(
        step is None or step in dunning, "fee.unpaid.after_step",
        f"there is no step of dunning {step!r}: PORTAL_DUNNING_STEPS has {', '.join(dunning) or 'none'}",
    )  # fmt: skip
    vocabulary = Vocabulary(dict(_variables(definition, known, city)))
    form = Vocabulary(dict(_form_variables(definition)))
    rules = enumerate(definition.rules)
    return PublishedService(
        definition=definition,
        vocabulary=vocabulary,
        required_when=dict(_conditions(definition, form, "required_when")),
        foreign_when=dict(_conditions(definition, form, "foreign_when")),
        facts=tuple((use, known[use.provider]) for use in definition.facts),
        rules=tuple(
            PublishedRule(
                rule.code,
                rule.fields,
                _compiled(vocabulary, rule.require, f"rules.{at}.require", Kind.TRUTH),
                _compiled(vocabulary, rule.when, f"rules.{at}.when", Kind.TRUTH) if rule.when else None,
            )
            for at, rule in rules
        ),
        fee=_compiled(vocabulary, definition.fee.cents, "fee.cents", Kind.INTEGER, money=True),
        reservations=tuple(
            PublishedReservation(
                claim.scope,
                claim.code,
                claim.fields,
                _compiled(vocabulary, claim.value, f"reservations.{at}.value", Kind.TEXT, Kind.TEXTS),
            )
            for at, claim in enumerate(definition.reservations)
        ),
        plain_case=tuple(
            (plain.reason, _compiled(vocabulary, plain.require, f"automation.plain_case.{at}", Kind.TRUTH))
            for at, plain in enumerate(definition.automation.plain_case)
        ),
        starts=_compiled(vocabulary, definition.validity.starts, "validity.starts", Kind.DATE),
        months=_compiled(vocabulary, definition.validity.months, "validity.months", Kind.INTEGER),
    )


def _compiled(
    vocabulary: Vocabulary, source: str, path: str, *kinds: Kind, money: bool = False
) -> Expression:
    try:
        return vocabulary.compile(source, *kinds, money=money)
    except ExpressionRefused as refusal:
        raise DefinitionRefused(path, str(refusal)) from refusal


def _conditions(
    definition: ServiceDefinition, form: Vocabulary, name: str
) -> Iterator[tuple[str, Expression]]:
    for at, entry in enumerate(definition.fields):
        source: str | None = getattr(entry, name)
        if source:
            yield entry.name, _compiled(form, source, f"fields.{at}.{name}", Kind.TRUTH)


def _form_variables(definition: ServiceDefinition) -> Iterator[tuple[str, Kind]]:
    for entry in definition.fields:
        yield entry.name, KINDS.get(entry.type, Kind.TEXT)
        if entry.type is FieldType.PLATE:
            yield f"{entry.name}_kind", Kind.TEXT


def _variables(
    definition: ServiceDefinition, known: Mapping[str, FactProvider], city: City
) -> Iterator[tuple[str, Kind]]:
    yield from _form_variables(definition)
    yield from ((TODAY, Kind.DATE), (ACCOUNT, Kind.TEXT))
    yield from ((name, Kind.INTEGER) for name in definition.parameters)
    if definition.tariff:
        yield from ((name, Kind.INTEGER) for name in city.tariffs[definition.tariff].rates[0].cents)
    for use in definition.facts:
        yield from known[use.provider].outputs.items()


def _check_references(definition: ServiceDefinition, known: Mapping[str, FactProvider], city: City) -> None:
    fields = {entry.name: entry for entry in definition.fields}
    sections = {section.key for section in definition.sections}
    _require(len(fields) == len(definition.fields), "fields", "two fields have one name")
    for at, entry in enumerate(definition.fields):
        _require(entry.section in sections, f"fields.{at}.section", f"there is no section {entry.section!r}")
    if definition.tariff is not None:
        _require(definition.tariff in city.tariffs, "tariff", f"there is no tariff {definition.tariff!r}")
    for at, use in enumerate(definition.facts):
        _check_fact(f"facts.{at}", use, known, fields)
    for path, names in _named_fields(definition):
        for name in names:
            _require(name in fields, path, f"there is no field {name!r}")
    seen = [name for name, _ in _variables(definition, known, city)]
    twice = sorted({name for name in seen if seen.count(name) > 1})
    _require(not twice, "", f"fields, facts and amounts share the names {twice}")
    given = frozenset(name for use in definition.facts for name in known[use.provider].outputs)
    for path, sentence in missing(definition, given):
        raise DefinitionRefused(path, sentence)
    if definition.fee.instalments is not None:
        _check_instalments(definition, definition.fee.instalments, known)


def _check_instalments(definition: ServiceDefinition, wanted: str, known: Mapping[str, FactProvider]) -> None:
    path, parts = "fee.instalments", PARTS_A_YEAR[wanted]
    days = [known[use.provider].due_days for use in definition.facts if known[use.provider].due_days]
    _require(len(days) == 1, path, "needs one source of facts that says on which days they fall due")
    _require(len(days[0]) == parts, path, f"{wanted} needs {parts} due days a year, not {len(days[0])}")
    _require(definition.automation.mode != "full", path, "are assessed on the day of a clerk's decision")


def _check_fact(
    path: str, use: FactUse, known: Mapping[str, FactProvider], fields: Mapping[str, FormField]
) -> None:
    _require(use.provider in known, f"{path}.provider", f"there is no provider {use.provider!r}")
    wanted = known[use.provider].inputs
    _require(wanted.keys() == use.inputs.keys(), f"{path}.inputs", f"needs exactly {sorted(wanted)}")
    for name, source in use.inputs.items():
        at = f"{path}.inputs.{name}"
        _require(source in fields, at, f"there is no field {source!r}")
        given = KINDS.get(fields[source].type, Kind.TEXT)
        _require(given is wanted[name], at, f"is {given}, where {wanted[name]} is needed")


def _named_fields(definition: ServiceDefinition) -> Iterator[tuple[str, tuple[str, ...]]]:
    for at, rule in enumerate(definition.rules):
        yield f"rules.{at}.fields", rule.fields
    for at, claim in enumerate(definition.reservations):
        yield f"reservations.{at}.fields", claim.fields
    yield "result.reissue", definition.result.reissue
    if definition.register_check:
        yield "register_check", tuple(definition.register_check.model_dump().values())


def _require(holds: bool, path: str, sentence: str) -> None:
    if not holds:
        raise DefinitionRefused(path, sentence)
