"""The graph of allowed traffic: what a changed policy opens or closes is found."""

import re
from pathlib import Path
from typing import Any

import pytest

from deploy.manifests.documents import Document
from deploy.manifests.network import PROCESS_EDGES, SERVICES, network
from tests.deploy.manifests.conftest import Find

ROOT = Path(__file__).parents[3]
INTERNET: dict[str, Any] = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]}


def said(documents: list[Document]) -> list[str]:
    return [str(finding).removesuffix(" [network]") for finding in network(documents)]


def peers(policy: Document, direction: str, end: str) -> list[str]:
    rule = policy["spec"][direction][0][end][0]
    names: list[str] = rule["podSelector"]["matchExpressions"][0]["values"]
    return names


class TestNetwork:
    def test_is_sound_as_rendered(self, documents: list[Document]) -> None:
        assert said(documents) == []

    def test_needs_a_default_deny(self, documents: list[Document], find: Find) -> None:
        documents.remove(find("NetworkPolicy", "portal-default-deny"))
        assert said(documents) == ["NetworkPolicy: nothing is denied by default"]

    def test_needs_it_both_ways(self, documents: list[Document], find: Find) -> None:
        find("NetworkPolicy", "portal-default-deny")["spec"]["policyTypes"] = ["Ingress"]
        assert said(documents) == ["NetworkPolicy: nothing is denied by default"]

    def test_needs_the_receiving_end(self, documents: list[Document], find: Find) -> None:
        peers(find("NetworkPolicy", "portal-payments"), "ingress", "from").remove("gateway")
        assert said(documents) == [
            "gateway → payments:8080: is open at one end, not at the receiving one",
            "gateway → payments:8080: is closed, though the portal needs it",
        ]

    def test_needs_the_sending_end(self, documents: list[Document], find: Find) -> None:
        peers(find("NetworkPolicy", "portal-gateway"), "egress", "to").remove("payments")
        assert "gateway → payments:8080: is open at one end, not at the sending one" in said(documents)

    def test_knows_no_further_edge(self, documents: list[Document], find: Find) -> None:
        peers(find("NetworkPolicy", "portal-payments"), "egress", "to").append("documents")
        peers(find("NetworkPolicy", "portal-documents"), "ingress", "from").append("payments")
        assert said(documents) == ["payments → documents:8080: is an edge that nobody named"]

    @pytest.mark.parametrize("process", ["documents", "applications", "gateway"])
    def test_lets_only_payments_reach_providers(
        self, documents: list[Document], find: Find, process: str
    ) -> None:
        find("NetworkPolicy", f"portal-{process}")["spec"]["egress"].append(INTERNET)
        assert said(documents) == [
            f"NetworkPolicy/portal-{process}: {process} has no business outside (egress)"
        ]

    def test_lets_payments_reach_providers(self, documents: list[Document], find: Find) -> None:
        find("NetworkPolicy", "portal-payments")["spec"]["egress"].append(INTERNET)
        assert said(documents) == []

    def test_lets_only_identity_reach_a_mail_server(self, documents: list[Document], find: Find) -> None:
        mail = {"to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}], "ports": [{"port": 587}]}
        find("NetworkPolicy", "portal-identity")["spec"]["egress"].append(mail)
        assert said(documents) == []
        find("NetworkPolicy", "portal-payments")["spec"]["egress"].append(mail)
        assert said(documents) == [
            "NetworkPolicy/portal-payments: another than identity reaches a mail server"
        ]

    def test_lets_identity_reach_nothing_else(self, documents: list[Document], find: Find) -> None:
        find("NetworkPolicy", "portal-identity")["spec"]["egress"].append(INTERNET)
        assert said(documents) == [
            "NetworkPolicy/portal-identity: identity reaches outside for more than mail"
        ]

    def test_opens_no_rule_without_ports_or_peers(self, documents: list[Document], find: Find) -> None:
        find("NetworkPolicy", "portal-payments")["spec"]["egress"].append({})
        assert said(documents) == ["NetworkPolicy/portal-payments: opens egress for every port or every peer"]

    def test_lets_outsiders_in_at_the_gateway_only(self, documents: list[Document], find: Find) -> None:
        outside = {"from": [{"namespaceSelector": {}}], "ports": [{"port": "http"}]}
        find("NetworkPolicy", "portal-payments")["spec"]["ingress"].append(outside)
        assert said(documents) == [
            "NetworkPolicy/portal-payments: payments has no business outside (ingress)"
        ]

    def test_has_no_idle_policy(self, documents: list[Document], find: Find) -> None:
        find("NetworkPolicy", "portal-name-resolution")["spec"]["podSelector"] = {"matchLabels": {"a": "b"}}
        assert said(documents) == ["NetworkPolicy/portal-name-resolution: selects no pod"]


class TestEdges:
    @pytest.mark.parametrize("service", sorted(SERVICES))
    def test_lead_to_every_feed_that_is_followed(self, service: str) -> None:
        """A consumer heals a gap from its source's feed: without the edge it would wait for ever."""
        sources = named_in(service, rf'[("f]({"|".join(SERVICES)})\.[a-z_{{}}]+\.v\d')
        assert sources <= PROCESS_EDGES[service]

    @pytest.mark.parametrize("process", sorted(PROCESS_EDGES))
    def test_lead_to_everybody_who_is_called(self, process: str) -> None:
        calls = named_in(process, rf'calls\.(?:get|post|put|delete)\(\s*"({"|".join(SERVICES)})"')
        assert calls <= PROCESS_EDGES[process]

    def test_are_looked_for_where_they_are(self) -> None:
        assert named_in("identity", r"(applications)\.application_rejected\.v\d") == {"applications"}


def named_in(process: str, pattern: str) -> set[str]:
    """What a pattern finds in the sources of a process, itself left out."""
    folder = ROOT / ("gateway" if process == "gateway" else f"services/{process}")
    text = "".join(path.read_text() for path in folder.rglob("*.py"))
    return set(re.findall(pattern, text)) - {process}
