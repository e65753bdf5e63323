"""Puts together what an image holds: one deployable, the kernel, and three commands.

`python -m deploy.assemble <deployable> <folder> <commands>` runs in the build stage of deploy/Containerfile,
from the project's root, in a virtual environment of its own that has uv. The tests of independence copy the
code by the same function.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SERVICES = ("identity", "applications", "payments", "documents")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "preview", "testing", "built", "README.md")
SANDBOX = (
    "deploy/__init__.py", "deploy/local/__init__.py", "deploy/local/places.py", "deploy/local/ports.py",
    "deploy/local/mailbox", "deploy/local/sandbox",
)  # fmt: skip
MODULES = {name: f"services.{name}" for name in SERVICES} | {
    "gateway": "gateway",
    "sandbox": "deploy.local.mailbox",
}
COMMANDS = {
    "serve": 'import runpy\n\nrunpy.run_module("{module}", run_name="__main__", alter_sys=True)\n',
    "portal": "from shared.cli.commands import main\n\nmain()\n",
    "healthy": """import os
import sys
import urllib.request

here = f"http://127.0.0.1:{{os.environ['PORTAL_PORT']}}/health/live"
urllib.request.urlopen(sys.argv[1] if len(sys.argv) > 1 else here, timeout=2)
""",
}


class NoSuchDeployable(LookupError):
    """Nothing of this name can be put into an image."""


def parts_of(deployable: str) -> tuple[str, ...]:
    """The files and folders of a deployable, as paths in the project. Raises NoSuchDeployable."""
    if deployable in SERVICES:
        return ("shared", "services/__init__.py", f"services/{deployable}")
    if deployable == "gateway":
        return ("shared", "gateway")
    if deployable == "sandbox":
        return SANDBOX
    raise NoSuchDeployable(f"There is no deployable {deployable!r}; known: {', '.join(MODULES)}.")


def copy_code(deployable: str, root: Path, target: Path) -> None:
    """Copy a deployable's parts from the project's root; tests' and designers' tools stay behind."""
    for part in parts_of(deployable):
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (root / part).is_dir():
            shutil.copytree(root / part, target / part, ignore=LEFT_OUT)
        else:
            shutil.copy(root / part, target / part)


def write_commands(deployable: str, folder: Path) -> None:
    """`serve` runs it, `portal` operates its log, `healthy` asks its liveness: none of them needs a shell."""
    for name, body in COMMANDS.items():
        command = folder / name
        command.write_text(f"#!{folder}/python\n" + body.format(module=MODULES[deployable]))
        command.chmod(0o755)


def build_assets(root: Path, target: Path) -> None:
    """The gateway's assets, by the packages that package-lock.json pins; what they are made of stays out."""
    install("--extra", "assets", "--requirements", "pyproject.toml")
    install("--requirements", "gateway/assets/node.txt")
    run("-m", "gateway.assets")
    shutil.copytree(root / "gateway/static/built", target / "gateway/static/built")
    shutil.rmtree(target / "gateway/assets/source")


def install(*options: str) -> None:
    """Into the environment of the build, from the lock."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable]
    subprocess.run([*command, "--require-hashes", "--constraints", "lock.txt", *options], check=True)  # noqa: S603


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True)  # noqa: S603


def main(arguments: Sequence[str]) -> int:
    deployable, folder, commands = arguments
    root, target = Path.cwd(), Path(folder)
    copy_code(deployable, root, target)
    write_commands(deployable, Path(commands))
    if deployable == "gateway":
        build_assets(root, target)
    elif deployable == "documents":
        install("--extra", "fonts", "--requirements", "pyproject.toml")
        run("-m", "deploy.local.fonts", str(target / "fonts"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
