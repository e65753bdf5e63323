"""Permit tokens and status lists: what was printed once verifies, what was not does not."""

import json
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.documents.tokens import (
    BrokenToken,
    ForgedToken,
    PermitClaims,
    PermitStatus,
    PublicKeys,
    SigningKey,
    StatusListOutdated,
    TokenError,
    UnknownKey,
    issue_permit_token,
    judge,
    read_permit_token,
    read_status_list,
    sign_status_list,
    token_from_text,
    token_url,
)
from services.documents.tokens.status import PURPOSES, entry_of

FOLDER = Path(__file__).parent / "vectors"
VECTORS: dict[str, Any] = json.loads((FOLDER / "permit_tokens.json").read_text("utf-8"))
ERRORS = {"forged": ForgedToken, "unknown_key": UnknownKey, "broken": BrokenToken}
KEYS = PublicKeys.from_jwks(VECTORS["keys"])
CLAIMS = PermitClaims("BPA-26-004711", "LIN-AB 123", "07", date(2026, 12, 1), date(2027, 11, 30))
ISSUED = datetime(2026, 11, 22, 18, tzinfo=UTC)


def claims_of(fields: dict[str, str]) -> PermitClaims:
    first, last = date.fromisoformat(fields["valid_from"]), date.fromisoformat(fields["valid_until"])
    return PermitClaims(fields["number"], fields["plate"], fields["zone"], first, last)


def a_list(
    key: SigningKey, *, revoked: list[str], superseded: list[str], suspended: list[str] | None = None,
    version: int = 2,
) -> bytes:  # fmt: skip
    until = ISSUED + timedelta(days=1)
    return sign_status_list(
        revoked, superseded, suspended or [], issued_at=ISSUED, valid_until=until, key=key, version=version
    )


class TestAFrozenPermit:
    @pytest.mark.parametrize("vector", VECTORS["permits"], ids=lambda vector: vector["claims"]["number"])
    def test_still_verifies(self, vector: dict[str, Any], permit_key: SigningKey) -> None:
        claims = claims_of(vector["claims"])
        assert read_permit_token(bytes.fromhex(vector["hex"]), KEYS) == claims
        assert issue_permit_token(claims, permit_key).hex() == vector["hex"]
        assert token_from_text(vector["url"]).hex() == vector["hex"]

    @pytest.mark.parametrize("vector", VECTORS["refused_permits"], ids=lambda vector: vector["why"])
    def test_is_refused_when_it_is_none(self, vector: dict[str, Any]) -> None:
        with pytest.raises(ERRORS[vector["error"]]):
            read_permit_token(bytes.fromhex(vector["hex"]), KEYS)


class TestAForger:
    def test_cannot_change_any_bit(self, permit_key: SigningKey) -> None:
        token = issue_permit_token(CLAIMS, permit_key)
        for bit in range(len(token) * 8):
            altered = bytearray(token)
            altered[bit // 8] ^= 1 << bit % 8
            with pytest.raises(TokenError):
                read_permit_token(bytes(altered), KEYS)

    def test_cannot_use_our_key_id(self, permit_key: SigningKey) -> None:
        own = SigningKey(Ed25519PrivateKey.generate())
        forged = issue_permit_token(CLAIMS, own)
        genuine = issue_permit_token(CLAIMS, permit_key)
        with pytest.raises(ForgedToken):
            read_permit_token(genuine[:12] + forged[12:], KEYS)

    @given(st.binary(max_size=200))
    def test_gets_a_typed_answer_for_any_bytes(self, rubbish: bytes) -> None:
        with pytest.raises(TokenError):
            read_permit_token(rubbish, KEYS)

    @given(st.text(max_size=80))
    def test_gets_a_typed_answer_for_any_text(self, rubbish: str) -> None:
        with pytest.raises(TokenError):
            read_permit_token(token_from_text(rubbish), KEYS)


class TestTheUrl:
    def test_is_upper_case_for_a_small_code(self, permit_key: SigningKey) -> None:
        url = token_url(issue_permit_token(CLAIMS, permit_key), "https://portal.lindenau.example/")
        assert url.startswith("HTTPS://PORTAL.LINDENAU.EXAMPLE/P/")
        assert url == url.upper()
        assert len(url) <= 230

    @pytest.mark.parametrize("change", [str.lower, str.title, lambda url: f" {url}/\n"])
    def test_is_read_in_any_case(self, permit_key: SigningKey, change: Any) -> None:
        token = issue_permit_token(CLAIMS, permit_key)
        assert token_from_text(change(token_url(token, "https://portal.lindenau.example"))) == token

    @pytest.mark.parametrize("text", ["", "https://portal.lindenau.example/", "WIFI:S:x;;", "/p/", "/p/10!"])
    def test_of_something_else_is_broken(self, text: str) -> None:
        with pytest.raises(BrokenToken):
            token_from_text(text)


class TestKeys:
    def test_of_the_past_still_count(self, permit_key: SigningKey) -> None:
        new = SigningKey(Ed25519PrivateKey.generate())
        both = PublicKeys.from_jwks(PublicKeys([new.public, permit_key.public]).to_jwks())
        for key in (new, permit_key):
            assert read_permit_token(issue_permit_token(CLAIMS, key), both) == CLAIMS


class TestAStatusList:
    @pytest.mark.parametrize("vector", VECTORS["status_lists"])
    def test_frozen_still_verifies(self, vector: dict[str, Any]) -> None:
        version = vector.get("version", 1)
        listed = read_status_list(bytes.fromhex(vector["hex"]), KEYS, ISSUED, version=version)
        assert listed.issued_at.isoformat() == vector["issued_at"]
        assert listed.valid_until.isoformat() == vector["valid_until"]
        assert listed.revoked == {entry_of(number) for number in vector["revoked"]}
        assert listed.superseded == {entry_of(number) for number in vector["superseded"]}
        assert listed.suspended == {entry_of(number) for number in vector.get("suspended", ())}

    def test_does_not_say_in_which_order_permits_fell(self, permit_key: SigningKey) -> None:
        one = a_list(permit_key, revoked=["A", "B", "C"], superseded=[])
        assert one == a_list(permit_key, revoked=["C", "A", "B", "A"], superseded=[])

    @pytest.mark.parametrize("now", [ISSUED - timedelta(minutes=6), ISSUED + timedelta(days=1, seconds=1)])
    def test_counts_in_its_time_only(self, permit_key: SigningKey, now: datetime) -> None:
        with pytest.raises(StatusListOutdated):
            read_status_list(a_list(permit_key, revoked=[], superseded=[]), KEYS, now)

    def test_tells_who_reads_version_1_that_what_is_suspended_is_revoked(
        self, permit_key: SigningKey
    ) -> None:
        message = a_list(permit_key, revoked=[], superseded=[], suspended=[CLAIMS.number], version=1)
        listed = read_status_list(message, KEYS, ISSUED, version=1)
        assert judge(CLAIMS, listed, date(2026, 12, 24)) == PermitStatus.REVOKED

    @pytest.mark.parametrize(("made", "read"), [(1, 2), (2, 1)])
    def test_of_one_version_is_none_of_the_other(self, permit_key: SigningKey, made: int, read: int) -> None:
        message = a_list(permit_key, revoked=[], superseded=[], suspended=["A"], version=made)
        with pytest.raises(ForgedToken):
            read_status_list(message, KEYS, ISSUED, version=read)

    @pytest.mark.parametrize("fifth", [{}, {5: "no bytes"}, {5: b"cut off"}, {6: b""}])
    def test_without_whole_entries_is_broken(self, permit_key: SigningKey, fifth: dict[int, Any]) -> None:
        times = {1: int(ISSUED.timestamp()), 2: int(ISSUED.timestamp()) + 60}
        message = permit_key.sign({**times, 3: b"", 4: b"", **fifth}, PURPOSES[2])
        with pytest.raises(BrokenToken):
            read_status_list(message, KEYS, ISSUED)

    def test_is_not_replaced_by_a_permit(self, permit_key: SigningKey) -> None:
        with pytest.raises(ForgedToken):
            read_status_list(issue_permit_token(CLAIMS, permit_key), KEYS, ISSUED)

    def test_of_a_thousand_stays_small(self, permit_key: SigningKey) -> None:
        numbers = [f"BPA-26-{n:06d}" for n in range(1000)]
        assert len(a_list(permit_key, revoked=numbers, superseded=[])) < 8200


class TestAPermit:
    @pytest.mark.parametrize(
        ("today", "status"),
        [
            (date(2026, 11, 30), PermitStatus.NOT_YET_VALID),
            (date(2026, 12, 1), PermitStatus.VALID),
            (date(2027, 11, 30), PermitStatus.VALID),
            (date(2027, 12, 1), PermitStatus.EXPIRED),
        ],
    )
    def test_counts_on_its_days(self, permit_key: SigningKey, today: date, status: PermitStatus) -> None:
        listed = read_status_list(a_list(permit_key, revoked=[], superseded=[]), KEYS, ISSUED)
        assert judge(CLAIMS, listed, today) == status

    @pytest.mark.parametrize("today", [date(2026, 12, 24), date(2030, 1, 1)])
    def test_revoked_stays_revoked(self, permit_key: SigningKey, today: date) -> None:
        numbers = [CLAIMS.number]
        listed = read_status_list(a_list(permit_key, revoked=numbers, superseded=numbers), KEYS, ISSUED)
        assert judge(CLAIMS, listed, today) == PermitStatus.REVOKED

    def test_may_be_superseded(self, permit_key: SigningKey) -> None:
        message = a_list(permit_key, revoked=["BPA-26-000001"], superseded=[CLAIMS.number])
        listed = read_status_list(message, KEYS, ISSUED)
        assert judge(CLAIMS, listed, date(2026, 12, 24)) == PermitStatus.SUPERSEDED

    def test_may_be_suspended_and_revoked_all_the_same(self, permit_key: SigningKey) -> None:
        numbers = [CLAIMS.number]
        for revoked, status in (([], PermitStatus.SUSPENDED), (numbers, PermitStatus.REVOKED)):
            message = a_list(permit_key, revoked=revoked, superseded=[], suspended=numbers)
            listed = read_status_list(message, KEYS, ISSUED)
            assert judge(CLAIMS, listed, date(2026, 12, 24)) == status


@pytest.mark.skipif(shutil.which("node") is None, reason="no node: a browser's verifier cannot run")
class TestABrowser:
    def test_comes_to_the_same_answers(self) -> None:
        permits, refused, lists = (VECTORS[name] for name in ("permits", "refused_permits", "status_lists"))
        cases = [{"kind": "permit", "hex": vector["hex"]} for vector in permits + refused]
        kinds = {1: "status", 2: "status2"}
        cases += [{"kind": kinds[one.get("version", 1)], "hex": one["hex"]} for one in lists]
        asked = json.dumps({"keys": VECTORS["keys"]["keys"], "cases": cases})
        command = ["node", str(FOLDER / "verifier.mjs")]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=60)
        answers = json.loads(done.stdout)
        for vector, answer in zip(permits, answers, strict=False):
            number, plate, zone, *days = answer["values"]
            first, last = (date(1970, 1, 1) + timedelta(days=day) for day in days)
            assert PermitClaims(number, plate, zone, first, last) == claims_of(vector["claims"])
        found = [answer.get("error") for answer in answers[len(permits) : -len(lists)]]
        assert found == [vector["error"] for vector in refused]
        revoked = "".join(sorted(entry_of(number).hex() for number in lists[0]["revoked"]))
        suspended = "".join(sorted(entry_of(number).hex() for number in lists[1]["suspended"]))
        assert answers[-2]["values"][2] == answers[-1]["values"][2] == revoked
        assert answers[-1]["values"][4] == suspended
