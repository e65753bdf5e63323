"""Accounts and sessions. Unsafe requests need the token of `GET /session` in X-CSRF-Token."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field

from gateway.api.caller import Citizen, Visitor
from gateway.pages.readings import readings_of
from gateway.people import Account
from gateway.security.csrf import SCOPE_KEY, FormToken
from gateway.security.rates import client_address
from gateway.visit import Visit

PURPOSE: Final = "account-access"
OWN: Final = "own-account"
Typed = Annotated[str, Field(max_length=1000)]
LinkToken = Annotated[str, Field(max_length=200)]

router = APIRouter(tags=["accounts"])


class Registration(BaseModel):
    email: Typed
    password: Typed
    language: Literal["de", "en"] | None = None


class Confirmation(BaseModel):
    """The token of a link from a mail, and the password chosen when it was asked for."""

    token: LinkToken
    password: Typed


class Login(BaseModel):
    email: Typed
    password: Typed


class ResetWish(BaseModel):
    email: Typed


class NewPassword(BaseModel):
    token: LinkToken
    password: Typed


class Profile(BaseModel):
    """The whole profile; what is left out is taken away."""

    given_names: Typed | None = None
    family_name: Typed | None = None
    birth_date: Typed | None = None
    street: Typed | None = None
    house_number: Typed | None = None
    postal_code: Typed | None = None
    city: Typed | None = None
    language: Literal["de", "en"] = "de"


class Person(BaseModel):
    account_id: str
    name: str
    email: str
    roles: list[str]
    trust: str


class Session(BaseModel):
    """Who is signed in, and the token for unsafe requests; it changes with every sign-in."""

    person: Person | None
    csrf: str


@router.get("/session")
async def read_session(visit: Visitor) -> Session:
    """Sets a cookie for a visitor without one, so that the token fits."""
    return Session(person=_person(visit.account), csrf=str(visit.request.scope[SCOPE_KEY]))


@router.post("/sessions", status_code=201)
async def sign_in(login: Login, visit: Visitor, response: Response) -> Session:
    """Sets the session's cookie."""
    begun = await _ask(visit, "POST", "/sessions", login.model_dump())
    await visit.portal.people.end(visit.session)
    session: str = begun["session"]
    visit.portal.session.set(response, session)
    account = await visit.portal.people.of(session)
    return Session(person=_person(account), csrf=str(FormToken(visit.portal.csrf_key, session)))


@router.delete("/session", status_code=204)
async def sign_out(visit: Visitor) -> Response:
    await visit.portal.people.end(visit.session)
    response = Response(status_code=204)
    visit.portal.session.clear(response)
    return response


@router.post("/registrations", status_code=202)
async def register(new: Registration, visit: Visitor) -> Any:
    """The same answer for every address; a mail says the rest."""
    wanted = {**new.model_dump(), "language": new.language or visit.language}
    return await _ask(visit, "POST", "/registrations", wanted)


@router.post("/confirmations")
async def confirm(confirmation: Confirmation, visit: Visitor) -> Any:
    """With the password chosen beside this link: nobody confirms what somebody else has asked for."""
    return await _ask(visit, "POST", "/confirmations", confirmation.model_dump())


@router.post("/password-resets", status_code=202)
async def ask_reset(wish: ResetWish, visit: Visitor) -> Any:
    return await _ask(visit, "POST", "/password-resets", wish.model_dump())


@router.post("/password-resets/confirm", status_code=204)
async def reset(new: NewPassword, visit: Visitor) -> None:
    await _ask(visit, "POST", "/password-resets/confirm", new.model_dump())


@router.get("/profile")
async def read_profile(visit: Citizen, response: Response) -> Any:
    """One's own account; the ETag is what a change names in If-Match."""
    answer = await visit.request_to("GET", "identity", "/accounts/me", purpose=OWN)
    response.headers["ETag"] = answer.headers.get("etag", "")
    return answer.json()


@router.put("/profile")
async def change_profile(
    profile: Profile, visit: Citizen, response: Response, if_match: Annotated[str | None, Header()] = None
) -> Any:
    answer = await visit.request_to(
        "PUT",
        "identity",
        "/accounts/me/profile",
        purpose=OWN,
        json=profile.model_dump(),
        headers={"If-Match": if_match} if if_match else {},
    )
    visit.portal.people.forget(visit.session)
    response.headers["ETag"] = answer.headers.get("etag", "")
    return answer.json()


class Access(BaseModel):
    """One reading: `reader` is a role or a service, never a name; `service` wrote it down. Where it was of a
    case or of a document of one, these are named."""

    at: datetime
    reader: str
    purpose: str
    service: str
    case_id: UUID | None = None
    case_number: str | None = None
    document_id: UUID | None = None
    kind: str | None = None


class Accesses(BaseModel):
    """The newest first. A service in `missing` gave no answer: its readings are left out."""

    accesses: list[Access]
    missing: list[str]


@router.get("/profile/accesses")
async def read_accesses(visit: Citizen) -> Accesses:
    """Who has read one's data, as all services wrote it down."""
    found = await readings_of(visit)
    return Accesses(accesses=[Access(**one) for one in found.accesses], missing=found.missing)


class ErasureWish(BaseModel):
    """The account's password, once more."""

    password: Typed


@router.post("/profile/erasure", status_code=202)
async def erase_account(wish: ErasureWish, visit: Citizen, response: Response) -> Any:
    """Deletes the account for good: undecided applications are withdrawn, documents go. 403 `wrong_password`,
    409 `erasure_hindered` with `hindrances` (`document_pending`, `fee_open`) or `holds_office`."""
    answer = await visit.post("identity", "/accounts/me/erasure", purpose=OWN, json=wish.model_dump())
    visit.portal.people.forget(visit.session)
    visit.portal.session.clear(response)
    return answer


async def _ask(visit: Visit, method: str, path: str, json: dict[str, Any]) -> Any:
    """A question at identity in the gateway's own name, whoever is signed in."""
    client = {"X-Client": client_address(visit.request.scope)}
    answer = await visit.portal.calls.request(
        method, "identity", path, purpose=PURPOSE, json=json, headers=client
    )
    return answer.json() if answer.content else None


def _person(account: Account | None) -> Person | None:
    if account is None:
        return None
    return Person(
        account_id=account.account_id,
        name=account.person.name,
        email=account.email,
        roles=sorted(account.roles),
        trust=account.trust,
    )
