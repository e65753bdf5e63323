"""Finds a RabbitMQ for the local run, or makes one. The order is that of least surprise:

the URL that is given; a server that answers on the standard port with the default account (there we keep to a
virtual host of our own, or to a name prefix); an installed server, started as a private node; Docker;
Debian's packages, unpacked into our own folder; else a sentence that says what to do.
"""

import asyncio
import base64
import hashlib
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika

from deploy.local import debian
from deploy.local.places import ROOT, CannotStart
from deploy.local.processes import Process, accepts_tcp
from deploy.local.rabbit_node import AMQP_GREETING, Login, NodePorts, installed_root, private_node, relocate

STANDARD_PORT = 5672
NOTHING_FOUND = (
    "There is no RabbitMQ and none could be made ({reason}): install Debian's package rabbitmq-server, "
    "or give one with PORTAL_RABBITMQ_URL=amqp://user:password@host:5672/vhost."
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Broker:
    """Where to publish and consume: `name_prefix` goes before every exchange and queue; `processes` are to
    start."""

    url: str
    described: str
    name_prefix: str = ""
    processes: tuple[Process, ...] = ()


def find_broker(
    environment: Mapping[str, str],
    state: Path,
    ports: NodePorts,
    password: str,
    say: Say,
    standard: int = STANDARD_PORT,
) -> Broker:
    """The broker to use, in the order of the module's docstring. Raises CannotStart when there is none."""
    if given := environment.get("PORTAL_RABBITMQ_URL"):
        return given_broker(given)
    if accepts_tcp(standard, AMQP_GREETING)() and (broker := asyncio.run(shared_broker(standard))):
        return broker
    login = Login("portal", password, "portal")
    unpacked = state / "rabbitmq-packages"
    if root := installed_root((Path("/"), unpacked)):
        return _private(root, state, ports, login)
    if _docker_answers():
        return _container(state, ports, login)
    _unpack(unpacked, say)
    return _private(unpacked, state, ports, login)


def own_name() -> str:
    """A name that two checkouts on one machine do not share."""
    return "portal-" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def given_broker(url: str) -> Broker:
    """A broker we were given. A virtual host in its URL is ours; on `/` our names get a prefix."""
    virtual_host = urlsplit(url).path.removeprefix("/")
    shared = virtual_host in {"", "%2F", "%2f", "/"}
    return Broker(url, "the broker given by PORTAL_RABBITMQ_URL", f"{own_name()}." if shared else "")


async def shared_broker(port: int) -> Broker | None:
    """The server on the standard port, if the default account is let in."""
    root = f"amqp://guest:guest@127.0.0.1:{port}"
    if not await _lets_in(f"{root}/"):
        return None
    mine = f"{root}/{own_name()}"
    if await _lets_in(mine) or (_make_virtual_host(own_name()) and await _lets_in(mine)):
        return Broker(mine, f"the server on port {port}, virtual host {own_name()}")
    return Broker(
        f"{root}/", f"the server on port {port}, names with the prefix {own_name()}.", f"{own_name()}."
    )


async def _lets_in(url: str) -> bool:
    try:
        connection = await aio_pika.connect(url, timeout=5)
    except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
        return False
    await connection.close()
    return True


def _make_virtual_host(name: str) -> bool:
    return _by_management(name) or _by_control_command(name)


def _by_management(name: str) -> bool:
    everything = b'{"configure":".*","write":".*","read":".*"}'
    authorisation = "Basic " + base64.b64encode(b"guest:guest").decode()
    headers = {"Authorization": authorisation, "Content-Type": "application/json"}
    try:
        for path, body in ((f"vhosts/{name}", b"{}"), (f"permissions/{name}/guest", everything)):
            address = f"http://127.0.0.1:15672/api/{path}"
            request = urllib.request.Request(address, data=body, headers=headers, method="PUT")
            urllib.request.urlopen(request, timeout=3).close()  # noqa: S310 - a fixed http address
    except (urllib.error.URLError, OSError):
        return False
    return True


def _by_control_command(name: str) -> bool:
    control = shutil.which("rabbitmqctl", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if control is None or os.geteuid() != 0:
        return False
    for words in (["add_vhost", name], ["set_permissions", "-p", name, "guest", ".*", ".*", ".*"]):
        if (
            subprocess.run([control, "-q", *words], check=False, capture_output=True, timeout=60).returncode
            != 0
        ):
            return False
    return True


def _url(login: Login, port: int) -> str:
    return f"amqp://{login.user}:{login.password}@127.0.0.1:{port}/{login.virtual_host}"


def _private(root: Path, state: Path, ports: NodePorts, login: Login) -> Broker:
    processes = private_node(root, state / "rabbitmq", ports, login)
    return Broker(_url(login, ports.amqp), f"a private node on port {ports.amqp}", processes=processes)


def _docker_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    image = subprocess.run(["docker", "image", "inspect", "rabbitmq:4"], check=False, capture_output=True)
    return image.returncode == 0 or (
        subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0
        and subprocess.run(
            ["docker", "pull", "-q", "rabbitmq:4"], check=False, capture_output=True
        ).returncode
        == 0
    )


def _container(state: Path, ports: NodePorts, login: Login) -> Broker:
    settings = state / "rabbitmq.env"
    settings.touch(mode=0o600)
    settings.write_text(
        f"RABBITMQ_DEFAULT_USER={login.user}\nRABBITMQ_DEFAULT_PASS={login.password}\n"
        f"RABBITMQ_DEFAULT_VHOST={login.virtual_host}\n"
    )
    process = Process(
        name="rabbitmq",
        command=["docker", "run", "--rm", "--name", own_name(), "--hostname", "portal",
                 "--env-file", str(settings), "--volume", f"{own_name()}:/var/lib/rabbitmq",
                 "--publish", f"127.0.0.1:{ports.amqp}:5672", "rabbitmq:4"],
        environment=os.environ,
        ready=accepts_tcp(ports.amqp, AMQP_GREETING),
        stop_seconds=25,
    )  # fmt: skip
    return Broker(_url(login, ports.amqp), "a container of rabbitmq:4", processes=(process,))


def _unpack(folder: Path, say: Say) -> None:
    if not debian.is_debian():
        raise CannotStart(NOTHING_FOUND.format(reason="this is not a Debian system"))
    draft = folder.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        say("fetching Debian's packages (35 MB)")
        debian.refresh()
        debian.unpack(debian.missing_for("rabbitmq-server"), draft)
    except debian.PackagesMissing as problem:
        raise CannotStart(NOTHING_FOUND.format(reason=problem)) from problem
    draft.rename(folder)
    relocate(folder)
