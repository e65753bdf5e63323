"""Signing up, in and out, and new passwords. Nothing here tells whether an address has an account."""

import re
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.language import split
from gateway.pages.answers import field_errors, problem_key, sentences_for
from gateway.security.rates import client_address
from gateway.views.accounts import (
    ConfirmPage,
    ForgotPasswordPage,
    LinkResultPage,
    LoginPage,
    MailSentPage,
    RegisterPage,
    ResetPasswordPage,
)
from gateway.views.answers import email_field, field_sentence, password_field
from gateway.visit import Visit, page
from shared.web.calls import RemoteProblem

PURPOSE: Final = "account-access"
_LOCAL: Final = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f]*", re.ASCII)
_LINKS: Final = {"link_expired": "expired", "link_used": "used", "link_unknown": "unknown"}


def local_path(wanted: str) -> str:
    """`wanted` if it is an address of this portal, else the start page; never another host."""
    if len(wanted) > 500 or not _LOCAL.fullmatch(wanted):
        return "/"
    path = split(wanted)[1]
    return path if _LOCAL.fullmatch(path) else "/"


async def ask(visit: Visit, path: str, json: dict[str, Any]) -> Any:
    """A question at identity in the gateway's own name, whoever is signed in."""
    client = client_address(visit.request.scope)
    return await visit.portal.calls.post(
        "identity", path, purpose=PURPOSE, json=json, headers={"X-Client": client}
    )


@page
async def show_login(visit: Visit) -> Response:
    wanted = local_path(visit.request.query_params.get("weiter", "/"))
    if visit.person:
        return visit.redirect(wanted)
    return visit.page(_login(visit, wanted))


@page
async def sign_in(visit: Visit) -> Response:
    form = await visit.form()
    wanted, email = local_path(form.get("next", "/")), form.get("email", "").strip()
    try:
        begun = await ask(visit, "/sessions", {"email": email, "password": form.get("password", "")})
    except RemoteProblem as refused:
        if refused.status not in {401, 422, 429}:
            raise
        message = "wrong_credentials" if refused.status == 422 else problem_key(visit.t, refused)
        return visit.page(_login(visit, wanted, email, message), refused.status)
    await visit.portal.people.end(visit.session)
    response = visit.redirect(wanted, "logged_in")
    visit.portal.session.set(response, begun["session"])
    return response


@page
async def sign_out(visit: Visit) -> Response:
    await visit.portal.people.end(visit.session)
    response = visit.redirect("/", "logged_out")
    visit.portal.session.clear(response)
    return response


@page
async def show_register(visit: Visit) -> Response:
    t = visit.t
    return visit.page(RegisterPage(email=email_field(t), password=password_field(t, new=True)))


@page
async def register(visit: Visit) -> Response:
    form, t = await visit.form(), visit.t
    email = form.get("email", "").strip()
    wanted = {"email": email, "password": form.get("password", ""), "language": visit.language}
    try:
        await ask(visit, "/registrations", wanted)
    except RemoteProblem as refused:
        if refused.status != 422:
            raise
        told = sentences_for(t, field_errors(refused), lambda name: t(f"account.{name}"))
        again = RegisterPage(
            email=email_field(t, email, told.get("email", "")),
            password=password_field(t, new=True, error=told.get("password", "")),
            message="" if told else "other",
        )
        return visit.page(again, 422)
    return visit.page(MailSentPage(purpose="registration", email=email))


@page
async def show_confirmation(visit: Visit) -> Response:
    return visit.page(ConfirmPage(action=visit.url(visit.path), password=password_field(visit.t)))


@page
async def confirm(visit: Visit) -> Response:
    password, t = (await visit.form()).get("password", ""), visit.t
    try:
        token = visit.request.path_params["token"]
        await ask(visit, "/confirmations", {"token": token, "password": password})
    except RemoteProblem as refused:
        if refused.slug != "wrong_password":
            return _link_refused(visit, refused)
        again = password_field(t, error=t("confirm.wrong_password"))
        return visit.page(ConfirmPage(action=visit.url(visit.path), password=again), 403)
    return visit.page(LinkResultPage(result="confirmed"))


@page
async def show_forgotten(visit: Visit) -> Response:
    return visit.page(ForgotPasswordPage(email=email_field(visit.t)))


@page
async def ask_reset(visit: Visit) -> Response:
    email, t = (await visit.form()).get("email", "").strip(), visit.t
    if "@" not in email:
        sentence = field_sentence(t, "email_impossible", t("account.email"))
        return visit.page(ForgotPasswordPage(email=email_field(t, email, sentence)), 422)
    await ask(visit, "/password-resets", {"email": email})
    return visit.page(MailSentPage(purpose="reset", email=email))


@page
async def show_reset(visit: Visit) -> Response:
    return visit.page(
        ResetPasswordPage(action=visit.url(visit.path), password=password_field(visit.t, new=True))
    )


@page
async def reset(visit: Visit) -> Response:
    form, t = await visit.form(), visit.t
    new = {"token": visit.request.path_params["token"], "password": form.get("password", "")}
    try:
        await ask(visit, "/password-resets/confirm", new)
    except RemoteProblem as refused:
        told = sentences_for(t, field_errors(refused), lambda _: t("account.new_password"))
        if refused.status != 422 or "password" not in told:
            return _link_refused(visit, refused)
        field = password_field(t, new=True, error=told["password"])
        return visit.page(ResetPasswordPage(action=visit.url(visit.path), password=field), 422)
    return visit.page(LinkResultPage(result="password_changed"))


def _login(visit: Visit, wanted: str, email: str = "", message: str = "") -> LoginPage:
    t = visit.t
    return LoginPage(
        email=email_field(t, email),
        password=password_field(t),
        message=message,
        next_url="" if wanted == "/" else wanted,
    )


def _link_refused(visit: Visit, refused: RemoteProblem) -> Response:
    if refused.status == 422:  # too long to be one of ours
        return visit.page(LinkResultPage(result="unknown"), 404)
    if refused.slug not in _LINKS:
        raise refused
    return visit.page(LinkResultPage(result=_LINKS[refused.slug]), refused.status)  # type: ignore[arg-type]


ROUTES: Final[list[BaseRoute]] = [
    Route("/anmelden", show_login, methods=["GET"]),
    Route("/anmelden", sign_in, methods=["POST"]),
    Route("/abmelden", sign_out, methods=["POST"]),
    Route("/registrieren", show_register, methods=["GET"]),
    Route("/registrieren", register, methods=["POST"]),
    Route("/bestaetigen/{token}", show_confirmation, methods=["GET"]),
    Route("/bestaetigen/{token}", confirm, methods=["POST"]),
    Route("/passwort-vergessen", show_forgotten, methods=["GET"]),
    Route("/passwort-vergessen", ask_reset, methods=["POST"]),
    Route("/passwort-neu/{token}", show_reset, methods=["GET"]),
    Route("/passwort-neu/{token}", reset, methods=["POST"]),
]
