"""Policies across documents: references that lead nowhere, secrets in the open."""

from typing import Any

import pytest

from deploy.manifests.checking import policies
from deploy.manifests.documents import Document
from tests.deploy.manifests.conftest import Find


def sentences(documents: list[Document], rule: str) -> list[str]:
    return [str(finding) for finding in policies(documents) if finding.rule == rule]


def container(find: Find, name: str) -> dict[str, Any]:
    found: dict[str, Any] = find("Deployment", name)["spec"]["template"]["spec"]["containers"][0]
    return found


class TestSecretValues:
    def test_refuse_a_secret_with_values(self, documents: list[Document]) -> None:
        documents.append({"kind": "Secret", "metadata": {"name": "x"}, "stringData": {"password": "y"}})
        assert sentences(documents, "secret-value") == [
            "Secret/x: a Secret with values in the manifests [secret-value]"
        ]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("PORTAL_SMTP_PASSWORD", "hunter2"),
            ("SOMETHING", "-----BEGIN PRIVATE KEY-----"),
            ("PORTAL_DATABASE_URL", "postgresql://app:hunter2@db/portal"),
        ],
    )
    def test_refuse_a_value_in_a_setting(
        self, documents: list[Document], find: Find, name: str, value: str
    ) -> None:
        find("ConfigMap", "portal-settings-identity")["data"][name] = value
        container(find, "portal-payments")["env"].append({"name": name, "value": value})
        assert len(sentences(documents, "secret-value")) == 2

    def test_allow_a_path_and_a_reference(self, documents: list[Document], find: Find) -> None:
        container(find, "portal-payments")["env"] += [
            {"name": "A_SECRET", "value": "/run/secrets/portal/a"},
            {"name": "PORTAL_SECRETS_DIR", "value": "relative"},
        ]
        assert sentences(documents, "secret-value") == []


class TestSettings:
    def test_refuse_a_missing_key(self, documents: list[Document], find: Find) -> None:
        del find("ConfigMap", "portal-settings-payments")["data"]["DATABASE_HOST"]
        said = sentences(documents, "settings")
        assert [s.partition(":")[0] for s in said] == [
            "Deployment/portal-payments",
            "Job/portal-migrate-payments",
        ]

    def test_refuse_a_missing_map(self, documents: list[Document], find: Find) -> None:
        documents.remove(find("ConfigMap", "portal-provider"))
        assert any("Deployment/portal-sandbox" in said for said in sentences(documents, "settings"))


class TestSecretsApart:
    def test_refuse_another_process_secret(self, documents: list[Document], find: Find) -> None:
        volumes = find("Deployment", "portal-gateway")["spec"]["template"]["spec"]["volumes"]
        next(v for v in volumes if v["name"] == "secrets")["secret"]["secretName"] = "portal-identity"
        assert "reads portal-identity, which is not its own" in sentences(documents, "secrets-apart")[0]

    def test_refuse_the_owner_in_a_running_service(self, documents: list[Document], find: Find) -> None:
        reference = {"secretKeyRef": {"name": "portal-payments-owner", "key": "password"}}
        container(find, "portal-payments")["env"].append({"name": "X", "valueFrom": reference})
        assert "owner's role" in sentences(documents, "secrets-apart")[0]


class TestReferences:
    def test_refuse_an_account_with_a_token(self, documents: list[Document], find: Find) -> None:
        del find("ServiceAccount", "portal-gateway")["automountServiceAccountToken"]
        assert sentences(documents, "accounts") == [
            "ServiceAccount/portal-gateway: hands out a token [accounts]"
        ]

    def test_refuse_a_service_without_pods(self, documents: list[Document], find: Find) -> None:
        find("Service", "portal-gateway")["spec"]["selector"]["app.kubernetes.io/name"] = "gatway"
        assert "selects nothing" in sentences(documents, "selectors")[0]

    def test_refuse_a_service_that_takes_in_the_migration(
        self, documents: list[Document], find: Find
    ) -> None:
        del find("Service", "portal-identity")["spec"]["selector"]["app.kubernetes.io/component"]
        assert "Job/portal-migrate-identity" in sentences(documents, "selectors")[0]

    def test_refuse_a_port_that_leads_nowhere(self, documents: list[Document], find: Find) -> None:
        find("Service", "portal-gateway")["spec"]["ports"][0]["targetPort"] = "htttp"
        assert "leads to no port" in sentences(documents, "selectors")[0]

    def test_refuse_a_process_without_budget(self, documents: list[Document], find: Find) -> None:
        documents.remove(find("PodDisruptionBudget", "portal-identity"))
        assert "no disruption budget" in sentences(documents, "budgets")[0]

    def test_refuse_a_budget_that_blocks(self, documents: list[Document], find: Find) -> None:
        find("PodDisruptionBudget", "portal-identity")["spec"] |= {"maxUnavailable": 0}
        assert "keeps a node from being drained" in sentences(documents, "budgets")[0]
