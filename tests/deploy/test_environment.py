import os
import re
import subprocess
from typing import Any

import pytest

from deploy.local import bootstrap
from deploy.local.places import ROOT
from deploy.local.services import inherited

LOCK = (ROOT / "requirements" / "lock.txt").read_text()


class TestTheLock:
    def test_pins_and_hashes_everything_asked_for(self) -> None:
        asked = {
            re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;\s]", line)[0]).lower()
            for source in (ROOT / "requirements").glob("*.in")
            for line in source.read_text().splitlines()
            if line.strip() and not line.startswith("#")
        }
        pinned = set(re.findall(r"^([a-z0-9-]+)==", LOCK, re.MULTILINE))
        assert asked - pinned == set()

    def test_has_a_hash_for_each_pin(self) -> None:
        stanzas = re.findall(
            r"^[a-z0-9-]+==.*\n((?:    --hash=sha256:[0-9a-f]{64}.*\n?)*)", LOCK, re.MULTILINE
        )
        assert len(stanzas) > 100
        assert "" not in stanzas

    def test_names_no_host_and_no_path(self) -> None:
        assert re.search(r"://|--index|--find-links|@ ", LOCK) is None

    def test_gives_uv_alone_to_begin_with(self) -> None:
        lines = bootstrap.pinned("uv").splitlines()
        assert lines[0].startswith("uv==")
        assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


class TestMake:
    def test_alone_explains_every_target(self) -> None:
        shown = subprocess.run(["make", "-s"], check=True, cwd=ROOT, capture_output=True, text=True).stdout
        targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert targets is not None
        assert set(re.findall(r"make (\w+)", shown)) >= set(targets[1].split())


class TestAnEnvironmentPassedOn:
    def test_holds_no_administrators_url(self) -> None:
        told = inherited({"PORTAL_POSTGRES_URL": "secret", "PATH": "/bin", "PORTAL_LOG_LEVEL": "debug"})
        assert told == {"PATH": "/bin", "PORTAL_LOG_LEVEL": "debug"}


class TestBytecode:
    def test_is_kept_whoever_calls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        became: list[Any] = []
        monkeypatch.setattr(os, "execve", lambda *arguments: became.append(arguments))
        monkeypatch.setattr(bootstrap, "is_current", lambda: True)
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        bootstrap.main(["-m", "deploy.local"])
        [(python, arguments, environment)] = became
        assert (python, arguments[1:]) == (bootstrap.PYTHON, ["-m", "deploy.local"])
        assert "PYTHONDONTWRITEBYTECODE" not in environment
        assert environment["PATH"] == os.environ["PATH"]
