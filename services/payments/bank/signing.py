"""What a payer signs for: an account to debit, and from outside the EEA what a bank wants beside it."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.payments.domain.address import Abroad
from services.payments.sepa.directory import in_sepa, is_bic
from services.payments.sepa.iban import Iban, IbanRefused, read_iban
from shared.web.problems import Problem

LINE: Final = r"^\s*\S(?:[^\x00-\x1f\x7f]*\S)?\s*$"
MAYBE: Final = r"^[^\x00-\x1f\x7f]*$"


class Address(BaseModel):
    """Where the payer lives; asked for an account outside the EEA alone. `country`: two letters, of SEPA."""

    model_config = ConfigDict(extra="forbid")

    street: str = Field(max_length=70, pattern=LINE)
    number: str = Field(default="", max_length=16, pattern=MAYBE)
    postcode: str = Field(default="", max_length=16, pattern=MAYBE)
    town: str = Field(max_length=35, pattern=LINE)
    country: str = Field(max_length=2)


class OtherAccount(BaseModel):
    """The account that takes the old one's place in a mandate; `agreed` is the payer's signature.

    `address` and `bic` are kept of an account outside the EEA alone.
    """

    model_config = ConfigDict(extra="forbid")

    iban: str = Field(max_length=60)
    holder: str = Field(min_length=1, max_length=70, pattern=LINE)
    agreed: bool
    address: Address | None = None
    bic: str = Field(default="", max_length=20)


class NewDebit(OtherAccount):
    """Whose account is debited. A `recurring` mandate serves later claims too."""

    kind: Literal["one_off", "recurring"] = "one_off"


def signed(new: OtherAccount) -> tuple[Iban, Abroad | None]:
    """The account that was agreed to. Raises Problem."""
    iban = _read(new.iban)
    abroad = _abroad(iban, new) if iban.needs_address else None
    if not new.agreed:
        raise _refused("There is no mandate without agreement", "agreed", "declaration_missing")
    return iban, abroad


def _abroad(iban: Iban, new: OtherAccount) -> Abroad:
    """Raises Problem for the first that is missing or wrong."""
    address, bic = new.address, "".join(new.bic.split()).upper()
    if address is None:
        needed = {"country": iban.number[:2]}
        raise _refused("The bank asks for the payer's address", "iban", "iban_address_needed", **needed)
    if not in_sepa(address.country):
        code = "not_an_option" if address.country else "required"
        raise _refused("The country is not in the payment area", "address.country", code)
    if not is_bic(bic):
        raise _refused("This is no BIC", "bic", "bic_form" if bic else "required")
    said = {name: " ".join(value.split()) for name, value in address.model_dump().items()}
    return Abroad(**said, bic=bic)


def _read(typed: str) -> Iban:
    """Raises Problem with the reason as a field error, which never repeats the number."""
    try:
        return read_iban(typed)
    except IbanRefused as refused:
        detail = refused.detail
        names = ("group", "found", "expected", "sign", "country", "bank_code")
        params = {name: value for name in names if (value := getattr(detail, name)) is not None}
        code = f"iban_{refused.reason.value}"
        raise _refused("This is no account that can be debited", "iban", code, **params) from refused


def _refused(title: str, field: str, code: str, **params: Any) -> Problem:
    return Problem("invalid", 422, title, errors=[{"field": field, "code": code, "params": params}])
