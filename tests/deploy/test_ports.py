import socket

import pytest

from deploy.local.places import CannotStart
from deploy.local.ports import DEFAULT_PORTS, free_port, ports, require_free


class TestPorts:
    def test_are_the_documented_ones(self) -> None:
        assert ports({}) == dict(DEFAULT_PORTS)

    def test_move_one_by_one(self) -> None:
        moved = ports({"PORTAL_PORT_GATEWAY": "9000"})
        assert moved["gateway"] == 9000
        assert moved["identity"] == DEFAULT_PORTS["identity"]

    def test_move_together_keeping_distance(self) -> None:
        moved = ports({"PORTAL_PORT_BASE": "18080", "PORTAL_PORT_SMTP": "2525"})
        assert moved["gateway"] == 18080
        assert moved["rabbitmq"] == 18080 + DEFAULT_PORTS["rabbitmq"] - DEFAULT_PORTS["gateway"]
        assert moved["smtp"] == 2525

    @pytest.mark.parametrize("nonsense", ["http", "0", "70000", "-1"])
    def test_refuse_what_is_no_port(self, nonsense: str) -> None:
        with pytest.raises(CannotStart, match=f"PORTAL_PORT_SMTP={nonsense} is not a port"):
            ports({"PORTAL_PORT_SMTP": nonsense})

    def test_refuse_one_port_for_two(self) -> None:
        with pytest.raises(CannotStart, match="Port 8080 is given to both gateway and identity"):
            ports({"PORTAL_PORT_IDENTITY": "8080"})


class TestATakenPort:
    def test_is_named_with_its_variable(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            with pytest.raises(CannotStart) as refusal:
                require_free({"gateway": taken, "identity": free_port()}, ["identity", "gateway"])
        sentence = str(refusal.value)
        assert f"Port {taken} for gateway" in sentence
        assert "PORTAL_PORT_GATEWAY=" in sentence
        assert "\n" not in sentence

    def test_of_somebody_we_do_not_start_is_no_matter(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            require_free({"postgres": other.getsockname()[1], "smtp": free_port()}, ["smtp"])
