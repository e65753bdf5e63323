"""What each layout of a result document prints: asked for at publication, since no citizen pays for a blank.

Layouts are templates of the documents service, so that their list is closed: a service picks one. Every
layout, and every receipt and notice, prints whom it is for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.applications.catalogue.definition import FieldType, ServiceDefinition

PERSON: Final = ("given_names", "family_name", "street", "house_number", "postal_code")


@dataclass(frozen=True, slots=True)
class Layout:
    """`fields` of the form by type, `facts` by name, whether notes are printed and the period has an end."""

    fields: Mapping[str, FieldType]
    facts: frozenset[str] = frozenset()
    provider: str = ""
    notes: bool = False
    ends: bool = False


LAYOUTS: Final[Mapping[str, Layout]] = {
    "resident_parking_permit": Layout(
        {"plate": FieldType.PLATE}, facts=frozenset({"zone"}), notes=True, ends=True
    ),
    "dog_tax_assessment": Layout({"dog_name": FieldType.NAME, "breed": FieldType.TEXT}, provider="dog_tax"),
}


def missing(definition: ServiceDefinition, facts: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(place, sentence) for each thing that the documents of a service would print and cannot know."""
    layout, kind = LAYOUTS[definition.result.kind], definition.result.kind
    fields = {entry.name: entry for entry in definition.fields}
    for name in PERSON:
        if name not in fields or not fields[name].required:
            yield "fields", f"every document prints {name!r}: the form must ask for it, and require it"
    for name, wanted in layout.fields.items():
        if name not in fields or fields[name].type is not wanted or not fields[name].required:
            yield "fields", f"the layout {kind} prints {name!r}: a required field of type {wanted}"
    for name in sorted(layout.facts - facts):
        yield "facts", f"the layout {kind} prints the fact {name!r}, which no provider here gives"
    if layout.provider and layout.provider not in {use.provider for use in definition.facts}:
        yield "facts", f"the layout {kind} prints what the provider {layout.provider!r} computes"
    if layout.notes and not definition.printed.notes:
        yield "printed.notes", f"the layout {kind} prints at least one note"
    if layout.ends and definition.validity.months.strip() == "0":
        yield "validity.months", f"the layout {kind} prints a last day"
