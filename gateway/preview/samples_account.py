"""Sample pages of one's own account: the profile, who has read it, and the way out."""

from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.preview.samples_endings import ending_pages
from gateway.translations import Translator
from gateway.views import accounts, offices
from gateway.views.answers import email_field, lock_field, password_field, profile_fields, role_field
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)


def own_account(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    return {"profile": _profile(t), **_erasure(t), **_offices(t), **ending_pages(t)}


def _profile(t: Translator) -> Page:
    values = {
        "given_names": "Łucja Ayşe",
        "family_name": "Größner-Yılmaz",
        "birth_date": "1988-04-17",
        "street": "Kirchgasse",
        "house_number": "12",
        "postal_code": "01234",
        "city": "Lindenau",
    }
    access = accounts.Access(at=NOW, reader="documents", purpose="render-document")
    return accounts.ProfilePage(
        email="kim@example.org",
        trust="mail",
        fields=profile_fields(t, values, {}),
        hidden={"version": "3"},
        accesses=(
            replace(
                access,
                reader="clerk",
                purpose="case-work",
                what="document.resident_parking_permit",
                case_url="#",
            ),
            replace(
                access,
                reader="clerk",
                purpose="case-work",
                what="read.case",
                case_url="#",
                case_number="BPA-2026-004000",
            ),
            access,
        ),
        unread=("documents",),
        mandates=accounts.Mandates(
            creditor_id="DE98ZZZ09999999999",
            given=(
                accounts.Mandate(
                    reference="47112600000122-M1",
                    account="DE89 … 3000",
                    state="active",
                    debits=((date(2026, 12, 15), 3060),),
                    revoke_url="#",
                    amend_url="#",
                ),
                accounts.Mandate(
                    reference="47112600000131-M1",
                    account="DE02 … 2051",
                    state="suspended",
                    revoke_url="#",
                    amend_url="#",
                    resume_url="#",
                ),
                accounts.Mandate(reference="47112600000114-M1", account="DE89 … 3000", state="revoked"),
            ),
        ),
    )


def _erasure(t: Translator) -> dict[str, Page]:
    page = accounts.ErasurePage(
        action="#",
        back_url="#",
        password=password_field(t),
        undecided=(accounts.CaseLink(url="#", number="BPA-2026-004000", words="Bewohnerparkausweis"),),
    )
    charge = accounts.CaseLink(url="#", number="HST-2026-000001", words=t("hindrance.fee_open"))
    hindered = replace(page, message="erasure_hindered", hindrances=(charge,))
    return {"erase": page, "erase-hindered": hindered}


def _offices(t: Translator) -> dict[str, Page]:
    page = offices.AccountPage(
        account_id="01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c11",
        condition="active",
        tone="success",
        roles=("citizen", "clerk"),
        roles_action="#",
        lock_action="#",
        role=role_field(t, ("citizen", "clerk")),
        reason=lock_field(t),
        message="role_missing",
    )
    unknown = email_field(t, "kim@example.org", t("problem.account_unknown"))
    return {
        "work-accounts": offices.AccountSearchPage(email=unknown),
        "work-account": page,
        "work-account-locked": replace(page, condition="locked", tone="danger", message=""),
    }
