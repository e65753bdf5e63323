"""Turns field errors and account forms into what the templates show: the gateway owns the sentences."""

from collections.abc import Collection, Mapping

from gateway.translations import Translator
from gateway.views.forms import Field, Option

MIN_PASSWORD = 12
REVOCATION_REASONS = ("moved_away", "vehicle_given_up", "wrongly_granted", "misused", "lost", "at_own_wish")
ROLES = ("citizen", "clerk", "treasurer", "operator", "warden")
BIC = "bic"
ABROAD = ("street", "number", "postcode", "town", "country", BIC)
"""What is asked of an account outside the European Economic Area."""
COUNTRIES = (
    "AD", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GG", "GI", "GR",
    "HR", "HU", "IE", "IM", "IS", "IT", "JE", "LI", "LT", "LU", "LV", "MC", "MT", "NL", "NO", "PL", "PT",
    "RO", "SE", "SI", "SK", "SM", "VA",
)  # fmt: skip
SETTLEMENTS = ("returned_by_transfer", "returned_by_provider", "kept_by_agreement")


def field_sentence(t: Translator, code: str, label: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence for a field error's stable code; an unknown code still asks to check the answer."""
    key = f"field_error.{code}"
    try:
        return t(key if t.known(key) else "field_error.other", label=label.rstrip("?: "), **(params or {}))
    except KeyError:  # a parameter of the sentence was not sent along
        return t("field_error.other", label=label.rstrip("?: "))


def email_field(t: Translator, value: str = "", error: str = "") -> Field:
    label = t("account.email")
    return Field(name="email", kind="email", label=label, value=value, error=error, autocomplete="username")


def password_field(t: Translator, *, new: bool = False, error: str = "") -> Field:
    """The password of a sign-in, or a new one with the hint that says what is asked of it."""
    return Field(
        name="password",
        kind="password",
        label=t("account.new_password" if new else "account.password"),
        hint=t("account.password_hint") if new else "",
        error=error,
        autocomplete="new-password" if new else "current-password",
    )


def profile_fields(t: Translator, values: Mapping[str, str], errors: Mapping[str, str]) -> tuple[Field, ...]:
    """The profile's fields with the citizen's values and, per field, the sentence of its error."""
    shape = (
        ("given_names", "name", "given-name", t("account.as_in_id")),
        ("family_name", "name", "family-name", ""),
        ("birth_date", "date", "bday", ""),
        ("street", "street", "address-line1", ""),
        ("house_number", "house_number", "address-line2", ""),
        ("postal_code", "text", "postal-code", ""),
        ("city", "text", "address-level2", ""),
    )
    return tuple(
        Field(
            name=name,
            kind=kind,  # type: ignore[arg-type]  # the literals above
            label=t(f"account.{name}"),
            value=values.get(name, ""),
            hint=hint,
            error=errors.get(name, ""),
            autocomplete=autocomplete,
        )
        for name, kind, autocomplete, hint in shape
    )


def debit_fields(
    t: Translator, typed: Mapping[str, str], errors: Mapping[str, str], later: int = 0, abroad: bool = False
) -> tuple[Field, ...]:
    """Whose account is debited, for what where `later` instalments follow, and the agreement to it; `abroad`
    with the payer's address and their bank's BIC."""
    holder, iban, agreed = _account_fields(t, typed, errors)
    address = _address_fields(t, typed, errors) if abroad else ()
    if not later:
        return holder, iban, *address, agreed
    options = (
        Option(value="recurring", label=t("debit.recurring", count=later)),
        Option(value="one_off", label=t("debit.one_off")),
    )
    chosen = typed.get("kind") or "recurring"
    kind = Field(name="kind", kind="choice", label=t("debit.kind"), options=options, value=chosen)
    return holder, iban, *address, kind, agreed


def _address_fields(t: Translator, typed: Mapping[str, str], errors: Mapping[str, str]) -> tuple[Field, ...]:
    countries = [Option(value=code, label=t(f"country.{code}")) for code in COUNTRIES]
    shape = (
        ("street", 70, "address-line1", True), ("number", 16, "address-line2", False),
        ("postcode", 16, "postal-code", False), ("town", 35, "address-level2", True),
        ("country", None, "country", True), (BIC, 14, "off", True),
    )  # fmt: skip
    return tuple(
        Field(
            name=name,
            kind="choice" if name == "country" else "text",
            label=t(f"debit.{name}"),
            value=typed.get(name, ""),
            hint=t("debit.bic_hint") if name == BIC else "",
            error=errors.get(name, ""),
            required=required,
            options=tuple(sorted(countries, key=lambda one: one.label)) if name == "country" else (),
            max_length=longest,
            autocomplete=autocomplete,
        )
        for name, longest, autocomplete, required in shape
    )


def _account_fields(t: Translator, typed: Mapping[str, str], errors: Mapping[str, str]) -> tuple[Field, ...]:
    shape = (("holder", "name", 70, "name"), ("iban", "text", 60, "off"), ("agreed", "declaration", None, ""))
    return tuple(
        Field(
            name=name,
            kind=kind,  # type: ignore[arg-type]  # the literals above
            label=t(f"debit.{name}"),
            value=typed.get(name, ""),
            hint=t("debit.iban_hint") if name == "iban" else "",
            error=errors.get(name, ""),
            max_length=longest,
            autocomplete=autocomplete,
        )
        for name, kind, longest, autocomplete in shape
    )


def revocation_field(t: Translator) -> Field:
    """Why a document is revoked; the reasons are those that documents takes."""
    options = tuple(Option(value=code, label=t(f"revocation.{code}")) for code in REVOCATION_REASONS)
    return Field(name="revocation", kind="choice", label=t("file.revoke_reason"), options=options)


def settlement_fields(t: Translator, typed: Mapping[str, str]) -> tuple[Field, ...]:
    """What was done with money that waited for a person; the ways are those that payments books."""
    ways = tuple(Option(value=way, label=t(f"settled_how.{way}")) for way in SETTLEMENTS)
    return (
        Field(name="how", kind="choice", label=t("money.how"), options=ways, value=typed.get("how", "")),
        Field(
            name="voucher",
            kind="text",
            label=t("money.voucher"),
            hint=t("money.voucher_hint"),
            value=typed.get("voucher", ""),
            max_length=35,
            autocomplete="off",
        ),
    )


def role_field(t: Translator, held: Collection[str]) -> Field:
    """Which role an account shall get, of those it does not hold."""
    options = tuple(Option(value=role, label=t(f"role.{role}")) for role in ROLES if role not in held)
    return Field(name="role", kind="choice", label=t("office.grant_label"), options=options)


def lock_field(t: Translator, value: str = "") -> Field:
    label, hint = t("office.reason"), t("office.reason_hint")
    return Field(name="reason", kind="text", label=label, hint=hint, value=value, max_length=500)
