"""How a provider's report looks, as a town sets it: which column is what, and which word means which kind.

`PAYPAL` is PayPal's activity download (Aktivitäten, CSV) as it is known to be. The columns of GiroCheckout's
transaction report are not published: `GIROCHECKOUT` is to be compared with a file of the town's own first.
"""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.payments.domain.provider_account import RowKind

Column = Literal["day", "kind", "reference", "amount", "fee", "net", "currency", "state"]
NEEDED: Final = frozenset({"day", "kind", "reference", "amount", "currency"})
PASSED_OVER: Final = "-"
"""In place of a kind: rows of this word move no money of the account."""


class StatementFormat(BaseModel):
    """One report. `columns`: what it is → the headings it may have; `kinds`: word → kind; `states`: word →
    whether such a row is booked, of which only these words are known. A word that is not there is refused.

    `fee` is what the provider kept: `fee_sign` says how the report writes that. Where there is a `net`, it is
    amount less fee, or the row is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiters: tuple[Literal[",", ";", "\t", "|"], ...] = (";", ",")
    encoding: Literal["utf-8", "windows-1252"] = "utf-8"
    decimal: Literal[",", "."] = ","
    day_format: str = "%d.%m.%Y"
    fee_sign: Literal["negative", "positive"] = "positive"
    columns: dict[Column, tuple[str, ...]]
    kinds: dict[str, RowKind | Literal["-"]] = Field(min_length=1)
    states: dict[str, bool] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> "StatementFormat":
        missing = NEEDED - self.columns.keys()
        if missing:
            raise ValueError(f"columns without {', '.join(sorted(missing))}")
        if bool(self.states) != ("state" in self.columns):
            raise ValueError("a column `state` and words for it go together")
        return self

    @property
    def thousands(self) -> str:
        """What may stand between groups of three digits."""
        return "." if self.decimal == "," else ","


PAYPAL: Final = StatementFormat(
    fee_sign="negative",
    columns={
        "day": ("Datum",),
        "kind": ("Typ",),
        "reference": ("Transaktionscode",),
        "amount": ("Brutto",),
        "fee": ("Entgelt", "Gebühr"),
        "net": ("Netto",),
        "currency": ("Währung",),
        "state": ("Status",),
    },
    kinds={
        "Allgemeine Zahlung": "payment",
        "Website-Zahlung": "payment",
        "PayPal Express-Zahlung": "payment",
        "Rückzahlung": "refund",
        "Zahlungserstattung": "refund",
        "Rückbuchung": "reversal",
        "Allgemeine Abbuchung": "payout",
        "Von Nutzer eingeleitete Abbuchung": "payout",
        "Allgemeine Autorisierung": "-",
        "Einbehaltung für offene Autorisierung": "-",
        "Rückbuchung allgemeiner Einbehaltung": "-",
    },
    states={"Abgeschlossen": True, "Ausstehend": False, "Abgelehnt": False, "Storniert": False},
)
GIROCHECKOUT: Final = StatementFormat(
    encoding="windows-1252",
    columns={
        "day": ("Datum",),
        "kind": ("Typ",),
        "reference": ("Transaktions-ID",),
        "amount": ("Betrag",),
        "fee": ("Entgelt", "Disagio"),
        "currency": ("Währung",),
        "state": ("Status",),
    },
    kinds={"Zahlung": "payment", "Erstattung": "refund", "Rücklastschrift": "reversal",
           "Rückbelastung": "reversal", "Auszahlung": "payout", "Entgelt": "fee"},
    states={"Erfolgreich": True, "Fehlgeschlagen": False, "Abgebrochen": False},
)  # fmt: skip
FORMATS: Final[dict[str, tuple[StatementFormat, ...]]] = {
    "paypal": (PAYPAL,),
    "girocheckout": (GIROCHECKOUT,),
}
"""By provider, those that come with the program."""
