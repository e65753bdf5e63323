"""Names of what listens locally → ports. Each moves alone (`PORTAL_PORT_GATEWAY=9000`) or all move together
(`PORTAL_PORT_BASE=9000`: the gateway takes 9000, everything else keeps its distance to it)."""

import os
import socket
from collections.abc import Iterable, Mapping

from deploy.local.places import CannotStart

HOST = "127.0.0.1"
DEFAULT_PORTS: Mapping[str, int] = {
    "gateway": 8080,
    "identity": 8101,
    "applications": 8102,
    "payments": 8103,
    "documents": 8104,
    "mailbox": 8105,
    "girocheckout": 8106,
    "register": 8107,
    "paypal": 8108,
    "bank": 8110,
    "smtp": 8125,
    "postgres": 8132,
    "rabbitmq": 8172,
    "rabbitmq_dist": 8173,
    "rabbitmq_epmd": 8174,
}


def variable(name: str) -> str:
    """The environment variable that moves the port of this name."""
    return f"PORTAL_PORT_{name.upper()}"


def ports(environment: Mapping[str, str] = os.environ) -> dict[str, int]:
    """All ports by name. Raises CannotStart for a value that is no port or one that two names share."""
    base = _number("PORTAL_PORT_BASE", environment, DEFAULT_PORTS["gateway"])
    shift = base - DEFAULT_PORTS["gateway"]
    chosen = {
        name: _number(variable(name), environment, port + shift) for name, port in DEFAULT_PORTS.items()
    }
    owners: dict[int, str] = {}
    for name, port in chosen.items():
        if (other := owners.setdefault(port, name)) != name:
            raise CannotStart(
                f"Port {port} is given to both {other} and {name}: move one with {variable(name)}."
            )
    return chosen


def _number(name: str, environment: Mapping[str, str], default: int) -> int:
    given = environment.get(name) or str(default)
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CannotStart(f"{name}={given} is not a port: give a number from 1 to 65535.")
    return int(given)


def require_free(chosen: Mapping[str, int], names: Iterable[str]) -> None:
    """Raise CannotStart for the first of these ports that something else listens on."""
    for name in names:
        if not is_free(chosen[name]):
            raise CannotStart(
                f"Port {chosen[name]} for {name} is taken by another program: "
                f"stop that program, or start with {variable(name)}=<another port>."
            )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on just now, chosen by the system."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
