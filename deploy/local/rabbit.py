"""Finds a RabbitMQ for the local run, or makes one. The order is that of least surprise:

the URL that is given; a server that answers on the standard port with the default account (there we keep to a
virtual host of our own, or to a name prefix); an installed server, started as a private node; Docker;
Debian's packages, unpacked into our own folder; else a sentence that says what to do.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local import debian
from deploy.local.places import CannotStart, state_folder
from deploy.local.processes import Process, accepts_tcp
from deploy.local.rabbit_node import AMQP_GREETING, Login, NodePorts, installed_root, private_node, relocate
from deploy.local.rabbit_shared import own_virtual_host, shared_server

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
    """The broker to use, in the order of the module's docstring. Raises CannotStart when there is none.

    `state` names our virtual host or prefix, and a private node keeps its data in it.
    """
    name = own_name(state)
    if given := environment.get("PORTAL_RABBITMQ_URL"):
        return given_broker(given, name)
    if accepts_tcp(standard, AMQP_GREETING)() and (url := shared_server(standard)):
        if host := own_virtual_host(standard, name):
            return Broker(host, f"the server on port {standard}, virtual host {name}")
        return Broker(url, f"the server on port {standard}, names with the prefix {name}.", f"{name}.")
    return own_broker(state, ports, password, say)


def own_broker(state: Path, ports: NodePorts, password: str, say: Say) -> Broker:
    """A node of our own, whatever else runs on this machine. Raises CannotStart when there is none."""
    login = Login("portal", password, "portal")
    unpacked = state_folder() / "rabbitmq-packages"
    folder = state / "rabbitmq"
    if root := installed_root((Path("/"), unpacked)):
        return _private(root, folder, ports, login)
    if _docker_answers():
        return _container(state, ports, login)
    _unpack(unpacked, say)
    return _private(unpacked, folder, ports, login)


def own_name(state: Path) -> str:
    """A name that two runs on one machine do not share: each has a state folder of its own."""
    return "portal-" + hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:8]


def given_broker(url: str, name: str) -> Broker:
    """A broker we were given. A virtual host in its URL is ours; on `/` our names get a prefix."""
    virtual_host = urlsplit(url).path.removeprefix("/")
    shared = virtual_host in {"", "%2F", "%2f", "/"}
    return Broker(url, "the broker given by PORTAL_RABBITMQ_URL", f"{name}." if shared else "")


def _url(login: Login, port: int) -> str:
    return f"amqp://{login.user}:{login.password}@127.0.0.1:{port}/{login.virtual_host}"


def _private(root: Path, folder: Path, ports: NodePorts, login: Login) -> Broker:
    processes = private_node(root, folder, ports, login)
    return Broker(_url(login, ports.amqp), f"a private node on port {ports.amqp}", processes=processes)


def _docker_answers() -> bool:
    """Whether an engine answers that has the image or can bring it."""
    steps = (["docker", "image", "inspect", "rabbitmq:4"], ["docker", "pull", "-q", "rabbitmq:4"])
    return shutil.which("docker") is not None and any(
        subprocess.run(step, check=False, capture_output=True).returncode == 0 for step in steps
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
        command=["docker", "run", "--rm", "--name", own_name(state), "--hostname", "portal",
                 "--env-file", str(settings), "--volume", f"{own_name(state)}:/var/lib/rabbitmq",
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
    relocate(draft, folder)
    draft.rename(folder)
