"""`portal audit`, as an auditor runs it: a database, a folder, a public key, and nothing of the service."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.local.secrets import ed25519_pem
from shared.audit.seals import SealKey
from shared.cli import auditing, commands
from tests.shared.audit.conftest import Sealed

pytestmark = pytest.mark.integration
Portal = Callable[..., Awaitable[tuple[Any, str, str]]]


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Portal:
    """Runs `portal audit …` without any setting of a service."""
    monkeypatch.setattr(auditing, "console", Console(width=250, soft_wrap=True))

    def run(*words: str) -> Any:
        monkeypatch.setattr("sys.argv", ["portal", "audit", *words])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        return ended.value.code

    async def portal(*words: str) -> tuple[Any, str, str]:
        code = await asyncio.to_thread(run, *words)
        out, err = capsys.readouterr()
        return code, out, err

    return portal


class TestVerify:
    async def test_says_what_an_auditor_wants_to_know(
        self, sealed: Sealed, portal: Portal, tmp_path: Path
    ) -> None:
        pem = ed25519_pem()
        sealed.key = SealKey(pem)
        (tmp_path / "audit_key.pem").write_text(pem)
        await sealed.lend(3)
        await sealed.seal()
        code, out, _ = await portal("key", "--secrets", str(tmp_path))
        assert (code, "d" in json.loads(out)["keys"][0]) == (0, False)
        (tmp_path / "public.json").write_text(out)
        verify = (
            "verify", "library", "--anchors", str(sealed.folder), "--key", str(tmp_path / "public.json"),
            "--database", sealed.log.databases.log,
        )  # fmt: skip
        code, out, err = await portal(*verify)
        assert (code, out) == (0, "library: intact; 3 events under 1 seals.\n"), err
        await sealed.do("UPDATE event SET name = 'x' WHERE position = $1", (await sealed.interval(1))[0])
        code, out, _ = await portal(*verify)
        assert code == 1
        assert out.startswith("[edited] 1 of 3 events under seal 1 edited: epoch 1, transaction ")
        assert out.endswith("library: NOT INTACT, 1 violations; 3 events under 1 seals.\n")

    async def test_says_in_a_sentence_what_is_missing(
        self, sealed: Sealed, portal: Portal, tmp_path: Path
    ) -> None:
        asked = (
            "--anchors",
            str(tmp_path),
            "--key",
            str(tmp_path / "no.json"),
            "--database",
            "postgresql://x",
        )
        code, _, err = await portal("verify", "library", *asked)
        assert (code, err) == (2, f"There are no anchors of library in {tmp_path}.\n")
        (tmp_path / "library").mkdir()
        code, _, err = await portal("verify", "library", *asked)
        assert (code, err.count("\n")) == (2, 1)
        assert "no.json cannot be used" in err
