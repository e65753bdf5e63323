"""A private RabbitMQ node from installed or merely unpacked Debian packages: own name, ports, data, epmd."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.processes import Process, accepts_tcp
from deploy.local.unprivileged import command_prefix, own

AMQP_GREETING = b"AMQP\x00\x00\x09\x01"
ON_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"


@dataclass(frozen=True)
class NodePorts:
    amqp: int
    distribution: int
    epmd: int


@dataclass(frozen=True)
class Login:
    """The node's one account, made at its first start, and its virtual host."""

    user: str
    password: str
    virtual_host: str


def installed_root(candidates: tuple[Path, ...] = (Path("/"),)) -> Path | None:
    """The first of these trees that holds RabbitMQ's and Erlang's Debian packages."""
    return next((root for root in candidates if _server_folders(root) and _erlang(root).exists()), None)


def private_node(root: Path, folder: Path, ports: NodePorts, login: Login) -> tuple[Process, Process]:
    """epmd and the node, to be started in this order. `folder` keeps queues and messages across restarts."""
    own(folder)
    _write_configuration(folder, ports, login)
    own(folder)
    environment = _environment(root, folder, ports)
    prefix = command_prefix(root / "usr", folder, may_stay_root=True)
    epmd = Process(
        name="rabbitmq-epmd",
        command=[*prefix, str(_erlang(root) / "epmd"), "-port", str(ports.epmd), "-address", "127.0.0.1"],
        environment=environment,
        ready=accepts_tcp(ports.epmd),
        folder=folder,
    )
    node = Process(
        name="rabbitmq",
        command=[*prefix, str(_server_folders(root)[-1] / "sbin" / "rabbitmq-server")],
        environment=environment,
        ready=accepts_tcp(ports.amqp, AMQP_GREETING),
        stop_seconds=25,
        folder=folder,
    )
    return epmd, node


def _server_folders(root: Path) -> list[Path]:
    return sorted(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*"))


def _erlang(root: Path) -> Path:
    """Debian's folder of erl and epmd. Its `erl` names the folder it was built for: see `relocate`."""
    return root / "usr/lib/erlang/bin"


def relocate(root: Path, future: Path) -> None:
    """Point an unpacked `erl` at the tree that it is going to lie in, instead of /usr/lib/erlang."""
    script = _erlang(root) / "erl"
    built_for, there = "ROOTDIR=/usr/lib/erlang", f"ROOTDIR={future}/usr/lib/erlang"
    script.write_text(script.read_text().replace(built_for, there))


def _write_configuration(folder: Path, ports: NodePorts, login: Login) -> None:
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{ports.amqp}\n"
        f"default_user = {login.user}\ndefault_pass = {login.password}\n"
        f"default_vhost = {login.virtual_host}\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        "disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.relative = 0.2\n"
    )
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "advanced.config").write_text("[].\n")


def _environment(root: Path, folder: Path, ports: NodePorts) -> dict[str, str]:
    sbin = _server_folders(root)[-1] / "sbin"
    libraries = [str(path) for path in root.glob("usr/lib/*-linux-gnu*")] if root != Path("/") else []
    return {
        "PATH": f"{_erlang(root)}:{sbin}:/usr/sbin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": ":".join(libraries),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(ports.epmd),
        "RABBITMQ_NODENAME": "portal@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(ports.amqp),
        "RABBITMQ_DIST_PORT": str(ports.distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ON_LOOPBACK,
    }
