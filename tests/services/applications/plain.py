"""Two plain applications, as a form sends them; tests change an answer or two."""

from typing import Any

PERMIT: dict[str, Any] = {
    "given_names": "Erika",
    "family_name": "Mustermann",
    "birth_date": "1984-08-12",
    "street": "Lindenstraße",
    "house_number": "12",
    "postal_code": "01234",
    "registered_in": "germany",
    "plate": "LIN-AB 123",
    "holder": "self",
    "holder_declaration": True,
    "start": "2026-12-01",
    "months": 12,
    "register_consent": True,
    "truth_declaration": True,
}
DOG: dict[str, Any] = {
    "given_names": "Erika",
    "family_name": "Mustermann",
    "birth_date": "1984-08-12",
    "street": "Heideweg",
    "house_number": "3",
    "postal_code": "01234",
    "dog_name": "Bello",
    "breed": "Beagle",
    "dog_sex": "male",
    "dog_born_on": "2024-03-01",
    "origin": "shelter",
    "kept_since": "2026-05-10",
    "other_dogs": 0,
    "reduction": "none",
    "truth_declaration": True,
}
