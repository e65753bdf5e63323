"""A permit that nobody holds: what the press warms up with. It is neither sealed for anybody nor stored."""

from datetime import date

from services.documents.rendering import ResidentParkingPermit
from services.documents.rendering.kinds import Office, Person


def specimen() -> ResidentParkingPermit:
    """Invented throughout; its check code holds no token."""
    return ResidentParkingPermit(
        number="MUSTER",
        case_number="MUSTER",
        issued_on=date(2026, 1, 1),
        office=Office(name="Muster", phone="0", email="muster@invalid"),
        title="Muster",
        zone_code="X",
        zone_name="Muster",
        plate="XX-XX 000",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 1, 1),
        holder=Person(
            given_names="Erika",
            family_name="Muster",
            street="Musterweg",
            house_number="1",
            postal_code="00000",
            city="Musterstadt",
        ),
        fee_cents=0,
        legal_basis="Muster",
        notes=["Muster"],
        verification_url="HTTPS://INVALID/P/MUSTER",
        verification_page="invalid",
    )
