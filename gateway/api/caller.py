"""Who calls the JSON API: the same session cookie as on the pages."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from gateway.api.problems import language_for
from gateway.portal import Portal
from gateway.visit import Visit
from shared.web.problems import Problem
from shared.web.tokens import wrong_role


async def anybody(request: Request) -> Visit:
    """FastAPI dependency: a visitor, or who is signed in."""
    return await _visit(request)


async def listening(request: Request) -> Visit:
    """FastAPI dependency: a person, by what a program asks again and again: it lets the session fall idle.

    401 `login_required`.
    """
    return await signed_in(await _visit(request, live=True))


async def _visit(request: Request, *, live: bool = False) -> Visit:
    portal: Portal = request.app.state.portal
    visit = Visit(request, portal, language_for(request.scope), portal.session.read(request.scope))
    if visit.session is not None:
        visit.account = await portal.people.of(visit.session, live=live)
    return visit


async def signed_in(visit: Annotated[Visit, Depends(anybody)]) -> Visit:
    """FastAPI dependency: a person. 401 `login_required`."""
    if visit.account is None:
        raise Problem("login_required", 401, "Nobody is signed in")
    return visit


def staff(*roles: str) -> Any:
    """A FastAPI dependency: a person with any of `roles`. 401 `login_required`, 403 `wrong_role`."""

    async def allowed(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
        if visit.account is None or visit.account.roles.isdisjoint(roles):
            raise wrong_role()
        return visit

    return Depends(allowed)


Visitor = Annotated[Visit, Depends(anybody)]
Citizen = Annotated[Visit, Depends(signed_in)]
Clerk = Annotated[Visit, staff("clerk")]
CashOffice = Annotated[Visit, staff("treasurer", "clerk")]
Treasurer = Annotated[Visit, staff("treasurer")]
Operator = Annotated[Visit, staff("operator")]
Listener = Annotated[Visit, Depends(listening)]
