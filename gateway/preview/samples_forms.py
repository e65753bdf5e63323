"""Sample services, forms and answers."""

from collections.abc import Callable
from dataclasses import replace

from gateway.translations import Translator
from gateway.views.answers import field_sentence
from gateway.views.forms import Answer, AnswerGroup, Field, FormPage, Kind, Option, ReviewPage, Section
from gateway.views.services import ServiceCard, ServicePage, UsualTime


def cards(de: bool) -> tuple[ServiceCard, ...]:
    permit = ServiceCard(
        key="bewohnerparkausweis",
        title="Bewohnerparkausweis" if de else "Resident’s parking permit",
        summary="Parken in Ihrem Wohngebiet: beantragen, bezahlen und sofort ausdrucken."
        if de
        else "Park in your neighbourhood: apply, pay and print at once.",
        icon="car",
        price="10,00 € im Monat" if de else "€10.00 a month",
        duration="meist in wenigen Minuten" if de else "usually within minutes",
        instant=True,
    )
    dog = ServiceCard(
        key="hundesteuer",
        title="Hund zur Hundesteuer anmelden" if de else "Register a dog for dog tax",
        summary="Neuer Hund im Haus? Melden Sie ihn innerhalb von zwei Wochen an."
        if de
        else "A new dog at home? Register it within two weeks.",
        icon="dog",
        price="ab 84,00 € im Jahr" if de else "from €84.00 a year",
        duration="etwa 3 Arbeitstage" if de else "about 3 working days",
        instant=False,
    )
    return permit, dog


def service(de: bool) -> ServicePage:
    card = cards(de)[0]
    needs = (
        (
            "Ihren Hauptwohnsitz in einem Bewohnerparkgebiet",
            "Das Kennzeichen Ihres Fahrzeugs",
            "Eine Bezahlmöglichkeit, zum Beispiel Karte oder Wero",
        )
        if de
        else (
            "Your main residence in a residents’ zone",
            "Your vehicle’s number plate",
            "A means of payment, such as a card or Wero",
        )
    )
    description = (
        "Mit dem Bewohnerparkausweis parken Sie in Ihrem Gebiet ohne Parkschein und ohne Zeitlimit. "
        "Er gilt für ein Fahrzeug, das auf Sie zugelassen ist oder das Sie dauerhaft nutzen."
        if de
        else "With a resident’s parking permit you park in your zone without ticket or a time limit. "
        "It is valid for one vehicle that is registered to you or that you use permanently."
    )
    return ServicePage(
        key=card.key,
        title=card.title,
        summary=card.summary,
        description=description,
        icon=card.icon,
        instant=True,
        needs=needs,
        price=card.price,
        duration=card.duration,
        legal_basis=("§ 45 Abs. 1b StVO", "§ 6a Abs. 5a StVG", "Bewohnerparkgebührenordnung Lindenau"),
        office="Straßenverkehrsamt, Telefon 115" if de else "Road traffic office, phone 115",
        usual=UsualTime(cases=200, half_seconds=4, most_seconds=112, without_clerk=94),
    )


def _asker(de: bool) -> Callable[..., Field]:
    """Makes a question from its German and English words."""

    def one(
        name: str, kind: Kind, german: str, english: str, value: str = "", hint: tuple[str, str] = ("", "")
    ) -> Field:
        label, said = (german, hint[0]) if de else (english, hint[1])
        return Field(name=name, kind=kind, label=label, value=value, hint=said, max_length=120)

    return one


def _about_the_person(de: bool) -> tuple[Field, ...]:
    one = _asker(de)
    return (
        one(
            "given_names",
            "name",
            "Vornamen",
            "Given names",
            "Kim",
            ("Alle, so wie im Ausweis", "As in your ID"),
        ),
        one("family_name", "name", "Familienname", "Family name", "Muster"),
        replace(
            one("birth_date", "date", "Geburtsdatum", "Date of birth", "1988-04-17"), maximum="2026-11-22"
        ),
        one("street", "street", "Straße", "Street", "Kirchgasse"),
        one("house_number", "house_number", "Hausnummer", "House number", "12"),
    )


def _about_the_vehicle(de: bool) -> tuple[Field, ...]:
    one = _asker(de)
    own, company = ("Auf mich zugelassen", "Firmenwagen") if de else ("Registered to me", "Company car")
    return (
        one(
            "plate",
            "plate",
            "Kennzeichen",
            "Number plate",
            "LIN-AB 123",
            ("Zum Beispiel LIN-AB 123", "For example LIN-AB 123"),
        ),
        replace(
            one("holder", "choice", "Wem gehört das Fahrzeug?", "Whose vehicle is it?", "own"),
            options=(
                Option(value="own", label=own),
                Option(value="company", label=company),
            ),
        ),
        one(
            "months",
            "months",
            "Wie viele Monate?",
            "For how many months?",
            "12",
            ("6 bis 24 Monate", "6 to 24 months"),
        ),
        one("starts", "date", "Gültig ab", "Valid from", "2026-12-01"),
        replace(one("note", "textarea", "Bemerkung", "Note"), required=False, max_length=500),
        one(
            "declaration",
            "declaration",
            "Ich versichere, dass ich das Fahrzeug dauerhaft nutze.",
            "I declare that I use this vehicle permanently.",
            "true",
        ),
    )


def permit_form(de: bool) -> FormPage:
    card = cards(de)[0]
    return FormPage(
        service_key=card.key,
        title=card.title,
        action="#",
        hidden={"service_version": "1"},
        sections=(
            Section(title="Über Sie" if de else "About you", fields=_about_the_person(de)),
            Section(
                title="Fahrzeug und Zeitraum" if de else "Vehicle and period", fields=_about_the_vehicle(de)
            ),
        ),
    )


def with_errors(form: FormPage, t: Translator) -> FormPage:
    """The form with a wrong plate, no choice and an unconfirmed declaration."""
    codes = {"plate": "plate_impossible", "holder": "choice_required", "declaration": "declaration_required"}
    wrong = {"plate": "LIN-XYZ 0", "holder": "", "declaration": ""}

    def marked(one: Field) -> Field:
        if one.name not in codes:
            return one
        return replace(one, value=wrong[one.name], error=field_sentence(t, codes[one.name], one.label))

    sections = tuple(
        replace(part, fields=tuple(marked(one) for one in part.fields)) for part in form.sections
    )
    return replace(form, sections=sections)


def dog_form(de: bool) -> FormPage:
    colours = ("Schwarz Braun Weiß Gefleckt Grau Rot" if de else "Black Brown White Spotted Grey Red").split()
    card = cards(de)[1]
    fields = (
        Field(name="dog_name", kind="text", label="Name des Hundes" if de else "Dog’s name"),
        Field(
            name="colour",
            kind="choice",
            label="Farbe" if de else "Colour",
            value="2",
            options=tuple(Option(value=str(n), label=colour) for n, colour in enumerate(colours)),
        ),
        Field(
            name="dogs",
            kind="integer",
            label="Hunde im Haushalt" if de else "Dogs in the household",
            value="1",
            hint="Mit diesem" if de else "Including this one",
        ),
        Field(name="since", kind="date", label="Bei Ihnen seit" if de else "With you since"),
    )
    sections = (Section(title="Ihr Hund" if de else "Your dog", fields=fields),)
    return FormPage(service_key=card.key, title=card.title, action="#", sections=sections, with_payment=False)


def groups(de: bool) -> tuple[AnswerGroup, ...]:
    """The answers of the permit form in words."""
    form = permit_form(de)

    def said(one: Field) -> str:
        known = {
            "birth_date": "17.04.1988",
            "starts": "01.12.2026",
            "holder": "Auf mich zugelassen" if de else "Mine",
        }
        return known.get(one.name, one.value)

    return tuple(
        AnswerGroup(
            title=part.title,
            answers=tuple(
                Answer(label=one.label, value=said(one))
                for one in part.fields
                if one.value and one.kind != "declaration"
            ),
        )
        for part in form.sections
    )


def summary(de: bool) -> AnswerGroup:
    answers = (
        Answer(label="Bewohnerparkgebiet" if de else "Residents’ zone", value="A – Altstadt Nord"),
        Answer(label="Kennzeichen" if de else "Number plate", value="LIN-AB 123"),
        Answer(label="Gültig" if de else "Valid", value="01.12.2026 – 30.11.2027"),
    )
    return AnswerGroup(title=cards(de)[0].title, answers=answers)


def review(de: bool) -> ReviewPage:
    card = cards(de)[0]
    return ReviewPage(
        service_key=card.key,
        title=card.title,
        action="#",
        groups=groups(de),
        hidden={"idempotency_key": "1"},
        fee_cents=12000,
        fee_due="before_decision",
        validity="01.12.2026 – 30.11.2027",
    )


def reject_reasons(de: bool) -> tuple[Option, ...]:
    return (
        Option(value="outside_zone", label="Keine Wohnung im Gebiet" if de else "No residence in the zone"),
        Option(
            value="not_holder",
            label="Fahrzeug nicht dauerhaft genutzt" if de else "Vehicle not used permanently",
        ),
    )
