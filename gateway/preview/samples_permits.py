"""The check of a permit: the warden's page and what a code says."""

from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.views import permits
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 13, 2, tzinfo=UTC)


def permit_checks() -> dict[str, Page]:
    valid = permits.VerdictPage(
        verdict="valid",
        checked_at=NOW,
        kind="resident_parking_permit",
        number="BPA-26-004711",
        zone="A – Altstadt Nord",
        plate="LIN-AB 123",
        valid_from=date(2026, 12, 1),
        valid_until=date(2027, 11, 30),
    )
    each: tuple[permits.Verdict, ...] = ("valid", "expired", "not_yet", "suspended", "superseded", "revoked")
    return {
        "verify": permits.VerifyPage(),
        "verify-empty": permits.VerifyPage(message="code_missing"),
        **{f"verdict-{verdict}": replace(valid, verdict=verdict) for verdict in each},
        "verdict-forged": permits.VerdictPage(verdict="forged", checked_at=NOW),
        "verdict-unknown": permits.VerdictPage(verdict="unknown", checked_at=NOW),
        "scanner": permits.ScannerPage(),
    }
