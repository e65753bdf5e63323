"""Plausible data of every kind, for one invented city and its invented people."""

from typing import Any

from services.documents.rendering import DocumentKind

OFFICE_TRAFFIC = {
    "name": "Bürgeramt – Verkehr",
    "phone": "0000 115",
    "email": "parken@lindenau.example",
}
OFFICE_TAX = {
    "name": "Steueramt",
    "contact": "Team Hundesteuer",
    "room": "Rathaus, Zimmer 214",
    "phone": "0000 115-214",
    "email": "steueramt@lindenau.example",
}
PERSON = {
    "given_names": "Łukasz",
    "family_name": "Größner-Yılmaz",
    "street": "Kirchgasse",
    "house_number": "12",
    "postal_code": "01234",
    "city": "Lindenau",
}
UNSIGNED = "Dieser Bescheid wurde maschinell erstellt, trägt ein elektronisches Siegel und ist ohne Unterschrift gültig."
OBJECTION = {
    "paragraphs": [
        "Gegen diesen Bescheid können Sie innerhalb eines Monats nach seiner Bekanntgabe Widerspruch erheben. "
        "Der Widerspruch ist bei der Stadt Lindenau, Rathausplatz 1, 01234 Lindenau, einzulegen: schriftlich, "
        "zur Niederschrift oder elektronisch.",
        "Elektronisch erheben Sie den Widerspruch mit qualifizierter elektronischer Signatur an "
        "widerspruch@lindenau.example, über Ihr Nutzerkonto in diesem Portal mit elektronischem "
        "Identitätsnachweis oder durch De-Mail mit bestätigter sicherer Anmeldung (§ 3a Absatz 2 und 3 VwVfG). "
        "Eine einfache E-Mail genügt nicht.",
    ]
}
PERMIT: dict[str, Any] = {
    "number": "BPA-26-004711",
    "case_number": "LIN-2026-000815",
    "issued_on": "2026-11-22",
    "office": OFFICE_TRAFFIC,
    "zone_code": "07",
    "zone_name": "Altstadt Nord",
    "plate": "LIN-AB 123",
    "valid_from": "2026-12-01",
    "valid_until": "2027-11-30",
    "holder": PERSON,
    "fee_cents": 12000,
    "paid_on": "2026-11-22",
    "legal_basis": "§ 45 Absatz 1b StVO, § 2 Bewohnerparkgebührenordnung der Stadt Lindenau",
    "notes": [
        "Der Ausweis gilt nur für das genannte Fahrzeug im genannten Gebiet. Er sichert keinen bestimmten Stellplatz.",
        "Legen Sie den oberen Teil während des Parkens gut lesbar hinter die Windschutzscheibe.",
        "Ziehen Sie um oder ändert sich Ihr Kennzeichen, stellen Sie im Portal einen neuen Ausweis aus.",
    ],
    "verification_url": "HTTPS://PORTAL.LINDENAU.EXAMPLE/P/" + "A7B2C3D4" * 22,
    "verification_page": "portal.lindenau.example/pruefen",
}
ASSESSMENT: dict[str, Any] = {
    "number": "HST-26-000332",
    "case_number": "LIN-2026-000921",
    "issued_on": "2026-05-18",
    "office": OFFICE_TAX,
    "recipient": PERSON,
    "tax_year": 2026,
    "kassenzeichen": "5120.000332.7",
    "dogs": [
        {
            "name": "Frau Schmidt",
            "breed": "Labrador-Mischling",
            "chip_number": "276 098 106 123 456",
            "first_day": "2026-05-01",
            "last_day": "2026-12-31",
            "months": 8,
            "annual_rate_cents": 9600,
            "amount_cents": 6400,
        },
        {
            "name": "Ķepa",
            "breed": "Rauhaardackel",
            "first_day": "2026-05-01",
            "last_day": "2026-12-31",
            "months": 8,
            "annual_rate_cents": 9600,
            "amount_cents": 6400,
        },
    ],
    "total_cents": 12800,
    "instalments": [
        {"label": "2. Vierteljahr (Mai und Juni)", "due_on": "2026-06-22", "amount_cents": 3200},
        {"label": "3. Vierteljahr", "due_on": "2026-08-15", "amount_cents": 4800},
        {"label": "4. Vierteljahr", "due_on": "2026-11-15", "amount_cents": 4800},
    ],
    "payment_note": "Bitte überweisen Sie jeden Teilbetrag bis zum genannten Tag und geben Sie das Kassenzeichen an.",
    "reasons": [
        "Sie halten seit dem 1. Mai 2026 zwei Hunde in Ihrem Haushalt. Die Steuerpflicht beginnt mit dem Ersten des "
        "Monats, in dem der Hund aufgenommen wurde. Bei zwei Hunden beträgt der Satz 96,00 € je Hund und Jahr; "
        "für jeden Monat der Steuerpflicht ist ein Zwölftel zu zahlen.",
        "Der Bescheid gilt, bis er durch einen neuen ersetzt wird: In den folgenden Jahren sind am 15. Februar, "
        "15. Mai, 15. August und 15. November je 48,00 € fällig.",
    ],
    "legal_basis": "§§ 2, 4 und 7 der Hundesteuersatzung der Stadt Lindenau vom 12. Dezember 2025",
    "remedy": OBJECTION,
    "unsigned_note": UNSIGNED,
}
REJECTION: dict[str, Any] = {
    "number": "ABL-26-000041",
    "case_number": "LIN-2026-000817",
    "issued_on": "2026-11-24",
    "office": OFFICE_TRAFFIC,
    "recipient": PERSON,
    "service_title": "Bewohnerparkausweis",
    "applied_on": "2026-11-22",
    "decision": "Ihren Antrag auf einen Bewohnerparkausweis für das Gebiet 07 (Altstadt Nord) lehnen wir ab.",
    "reasons": [
        "Ein Bewohnerparkausweis kann nur erteilt werden, wenn Sie im Gebiet mit Hauptwohnsitz gemeldet sind und dort "
        "tatsächlich wohnen. Nach den vorliegenden Angaben liegt Ihre Wohnung außerhalb des Gebiets 07.",
    ],
    "legal_basis": "§ 45 Absatz 1b Satz 1 Nummer 2a StVO in Verbindung mit der Verwaltungsvorschrift zu § 45",
    "next_steps": [
        "Sind Sie vor Kurzem umgezogen, melden Sie Ihre Wohnung um und stellen Sie den Antrag erneut.",
        "Stimmt etwas an unseren Angaben nicht, schreiben Sie uns: parken@lindenau.example.",
    ],
    "remedy": OBJECTION,
    "unsigned_note": UNSIGNED,
}
RECEIPT: dict[str, Any] = {
    "number": "ZB-26-001204",
    "case_number": "LIN-2026-000815",
    "issued_on": "2026-11-22",
    "office": OFFICE_TRAFFIC,
    "recipient": PERSON,
    "kassenzeichen": "5120.004711.3",
    "items": [{"text": "Bewohnerparkausweis, Gebiet 07, 12 Monate", "amount_cents": 12000}],
    "total_cents": 12000,
    "paid_on": "2026-11-22",
    "method": "Kreditkarte",
    "reference": "GC-7f3a-91c2",
}
SAMPLES: dict[DocumentKind, dict[str, Any]] = {
    "resident_parking_permit": PERMIT,
    "dog_tax_assessment": ASSESSMENT,
    "rejection_notice": REJECTION,
    "receipt": RECEIPT,
}
