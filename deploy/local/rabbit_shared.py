"""A RabbitMQ on the standard port that is not ours: we keep to a virtual host of our own in it."""

import asyncio
import base64
import os
import shutil
import subprocess
import urllib.error
import urllib.request

import aio_pika

EVERYTHING = b'{"configure":".*","write":".*","read":".*"}'


def shared_server(port: int) -> str | None:
    """The URL of its first virtual host, if the default account is let in."""
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    return url if asyncio.run(_lets_in(url)) else None


def own_virtual_host(port: int, name: str) -> str | None:
    """The URL of our virtual host, made now if there is none; None where we may not make one."""
    url = f"amqp://guest:guest@127.0.0.1:{port}/{name}"
    if asyncio.run(_lets_in(url)):
        return url
    made = _manage("PUT", f"vhosts/{name}", b"{}") and _manage("PUT", f"permissions/{name}/guest", EVERYTHING)
    if not made:
        made = _control("add_vhost", name) and _control("set_permissions", "-p", name, "guest", *[".*"] * 3)
    return url if made and asyncio.run(_lets_in(url)) else None


def remove_virtual_host(port: int, name: str) -> None:
    """Leave nothing of ours on that server; no matter if there is nothing."""
    if asyncio.run(_lets_in(f"amqp://guest:guest@127.0.0.1:{port}/{name}")):
        _ = _manage("DELETE", f"vhosts/{name}") or _control("delete_vhost", name)


async def _lets_in(url: str) -> bool:
    try:
        connection = await aio_pika.connect(url, timeout=5)
    except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
        return False
    await connection.close()
    return True


def _manage(method: str, path: str, body: bytes | None = None) -> bool:
    """One call of the management plugin's HTTP API, where it is enabled."""
    authorisation = "Basic " + base64.b64encode(b"guest:guest").decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:15672/api/{path}",
        data=body,
        headers={"Authorization": authorisation, "Content-Type": "application/json"},
        method=method,
    )
    try:
        urllib.request.urlopen(request, timeout=3).close()  # noqa: S310 - a fixed http address
    except (urllib.error.URLError, OSError):
        return False
    return True


def _control(*words: str) -> bool:
    """One call of rabbitmqctl, which works for the server's own user and for root."""
    program = shutil.which("rabbitmqctl", path="/usr/sbin:/usr/bin")
    if program is None or os.geteuid() != 0:
        return False
    return (
        subprocess.run([program, "-q", *words], check=False, capture_output=True, timeout=60).returncode == 0
    )
