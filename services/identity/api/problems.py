"""The answers to what identity refuses: a stable slug and a status for each."""

from collections.abc import Callable
from math import ceil
from typing import Any, Final

from services.identity.domain import refusals
from services.identity.erasing import Hindered
from services.identity.signing_in import TooManyAttempts, WrongCredentials, WrongPassword
from shared.web.problems import Problem, changed_meanwhile


def _fields_refused(refused: refusals.FieldsRefused) -> Problem:
    errors = [error.as_json() for error in refused.errors]
    return Problem("invalid", 422, "Some values cannot be taken", errors=errors)


def _too_many_attempts(refused: TooManyAttempts) -> Problem:
    seconds = max(1, ceil(refused.wait.total_seconds()))
    return Problem(
        "too_many_attempts",
        429,
        "Too many attempts",
        retry_after=seconds,
        headers={"Retry-After": str(seconds)},
    )


def session_over() -> Problem:
    """The session has ended or never was."""
    return Problem("session_over", 401, "The session has ended")


TRANSLATIONS: Final[dict[type[Exception], Callable[[Any], Problem]]] = {
    refusals.FieldsRefused: _fields_refused,
    refusals.LinkUnknown: lambda _: Problem("link_unknown", 404, "There is no such link"),
    refusals.LinkExpired: lambda _: Problem("link_expired", 410, "The link has expired"),
    refusals.LinkUsed: lambda _: Problem("link_used", 409, "The link was used before"),
    refusals.NotActive: lambda _: Problem("account_not_active", 409, "The account is not active"),
    refusals.ProfileChangedMeanwhile: lambda _: changed_meanwhile(),
    refusals.AssertionUsed: lambda _: Problem("assertion_used", 409, "The identification was used before"),
    refusals.RoleHeld: lambda _: Problem("role_held", 409, "The account has this role"),
    refusals.RoleNotHeld: lambda _: Problem("role_not_held", 409, "The account does not have this role"),
    refusals.OwnRoles: lambda _: Problem("own_roles", 403, "Nobody changes their own roles"),
    refusals.HoldsOffice: lambda _: Problem(
        "holds_office", 409, "A role of the town hall is taken off first"
    ),
    WrongPassword: lambda _: Problem("wrong_password", 403, "This is not the account's password"),
    Hindered: lambda e: Problem(
        "erasure_hindered", 409, "Something must come to its end first", hindrances=e.hindrances
    ),
    refusals.NotLocked: lambda _: Problem("account_not_locked", 409, "The account is not locked"),
    WrongCredentials: lambda _: Problem("wrong_credentials", 401, "Address and password do not match"),
    TooManyAttempts: _too_many_attempts,
}
