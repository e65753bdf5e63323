"""The population register behind a port.

Called by the task `ask_register` alone, after the application was taken and never while a citizen waits, so
that nobody can use a form to probe the register. The answer is yes or no: which part did not agree is not
told, and the answer itself is never told to the citizen.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

Answer = Literal["match", "mismatch"]
ENQUIRY_FIELDS = ("family_name", "given_names", "birth_date", "street", "house_number", "postal_code")


class RegisterUnavailable(Exception):
    """No answer now: away, late or unreadable. Asking again later is harmless."""


class PopulationRegister(Protocol):
    """Whether a person is registered as described; `enquiry` has exactly `ENQUIRY_FIELDS`."""

    async def enquire(self, enquiry: Mapping[str, str]) -> Answer:
        """Raises RegisterUnavailable. Must not keep or log what it is asked."""
        ...
