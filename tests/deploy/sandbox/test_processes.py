"""The sandboxes as programs: they refuse to start half told, serve, end on a signal, and share no code."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
SANDBOX = ROOT / "deploy" / "local" / "sandbox"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, port: int) -> dict[str, str]:
    passphrases = folder / "passphrases.json"
    passphrases.write_text(json.dumps({"7": "geheim"}))
    credentials = folder / "credentials.json"
    credentials.write_text(json.dumps({"client_id": "a", "client_secret": "b"}))
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
        "PORTAL_SANDBOX_STATE": str(folder / "bank"),
        "PORTAL_GIROCHECKOUT_MERCHANT_ID": "1",
        "PORTAL_GIROCHECKOUT_PROJECTS": json.dumps({"card": 7}),
        "PORTAL_GIROCHECKOUT_PASSPHRASES": str(passphrases),
        "PORTAL_PORT_GIROCHECKOUT": str(port),
        "PORTAL_PORT_REGISTER": str(port),
        "PORTAL_PORT_PAYPAL": str(port),
        "PORTAL_PAYPAL_CREDENTIALS": str(credentials),
        "PORTAL_PAYPAL_AUTHORITY": str(folder / "authority"),
        "PORTAL_PAYPAL_WEBHOOK_ID": "8PT597110X687430LKGECATA",
        "PORTAL_PORT_XBEZAHLDIENSTE": str(port),
        "PORTAL_XBEZAHLDIENSTE_CREDENTIALS": str(credentials),
        "PORTAL_XBEZAHLDIENSTE_ORIGINATOR_ID": "05358008",
        "PORTAL_XBEZAHLDIENSTE_END_POINT_ID": "1",
        "PORTAL_LOG_LEVEL": "warning",
    }


def run(module: str, env: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"deploy.local.sandbox.{module}"]
    return subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)


class TestASandboxProcess:
    @pytest.mark.parametrize("module", ["girocheckout", "paypal", "register", "xbezahldienste"])
    def test_serves_until_it_is_told_to_end(self, tmp_path: Path, module: str) -> None:
        port = free_port()
        process = run(module, environment(tmp_path, port))
        try:
            for _ in range(200):
                try:
                    healthy = httpx.get(f"http://127.0.0.1:{port}/sandbox/health", trust_env=False).json()
                    break
                except httpx.HTTPError:
                    time.sleep(0.05)
            assert healthy == {"status": "ok"}
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        finally:
            process.kill()
            process.communicate()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/sandbox/health", trust_env=False)

    @pytest.mark.parametrize(
        ("module", "name", "value", "sentence"),
        [
            ("girocheckout", "PORTAL_SANDBOX_STATE", "", "needs PORTAL_SANDBOX_STATE"),
            ("girocheckout", "PORTAL_GIROCHECKOUT_MERCHANT_ID", "", "needs PORTAL_GIROCHECKOUT_MERCHANT_ID"),
            (
                "girocheckout",
                "PORTAL_GIROCHECKOUT_PASSPHRASES",
                "/nowhere.json",
                "finds no passphrases at /nowhere.json",
            ),
            (
                "girocheckout",
                "PORTAL_GIROCHECKOUT_PROJECTS",
                '{"card": 8}',
                "finds no passphrase for project 8",
            ),
            ("girocheckout", "PORTAL_GIROCHECKOUT_PROJECTS", '{"giropay": 7}', "knows no method giropay"),
            ("paypal", "PORTAL_SANDBOX_STATE", "", "needs PORTAL_SANDBOX_STATE"),
            ("paypal", "PORTAL_PAYPAL_AUTHORITY", "", "needs PORTAL_PAYPAL_AUTHORITY"),
            ("paypal", "PORTAL_PAYPAL_WEBHOOK_ID", "", "needs PORTAL_PAYPAL_WEBHOOK_ID"),
            ("paypal", "PORTAL_PAYPAL_CREDENTIALS", "/nowhere.json", "finds no client_id and client_secret"),
            ("xbezahldienste", "PORTAL_SANDBOX_STATE", "", "needs PORTAL_SANDBOX_STATE"),
            ("xbezahldienste", "PORTAL_XBEZAHLDIENSTE_END_POINT_ID", "", "needs PORTAL_XBEZAHLDIENSTE_END"),
            ("xbezahldienste", "PORTAL_XBEZAHLDIENSTE_CREDENTIALS", "/nowhere.json", "finds no client_id"),
        ],
    )
    def test_refuses_to_start_half_told(
        self, tmp_path: Path, module: str, name: str, value: str, sentence: str
    ) -> None:
        process = run(module, environment(tmp_path, free_port()) | {name: value})
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 2
        assert sentence in errors
        assert "Traceback" not in errors


class TestTheSandboxes:
    @pytest.mark.parametrize("path", sorted(SANDBOX.rglob("*.py")), ids=lambda path: path.stem)
    def test_share_no_code_with_the_portal(self, path: Path) -> None:
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text()))
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        }
        assert not {name for name in imported if name.split(".")[0] in {"services", "shared", "gateway"}}
