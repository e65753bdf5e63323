import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.applications.catalogue.city import CatalogueError
from services.applications.catalogue.loading import HERE, Catalogue, ServiceUnknown, read_catalogue

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "data", tmp_path / "data")
    shutil.copytree(HERE / "city", tmp_path / "city")
    return tmp_path


def change(file: Path, how: Change) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    how(content)
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def refusal(root: Path) -> CatalogueError:
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(root / "data", root / "city")
    return refused.value


class TestCatalogue:
    def test_offers_both_services(self, catalogue: Catalogue) -> None:
        offered = [service.rule_version for service in catalogue.offered()]
        assert offered == ["bewohnerparkausweis/1", "hundesteuer-anmeldung/1"]

    def test_keeps_old_versions_loadable(self, data: Path) -> None:
        folder = data / "data" / "bewohnerparkausweis"
        shutil.copy(folder / "v1.yaml", folder / "v2.yaml")
        change(folder / "v2.yaml", lambda it: it.update(version=2))
        catalogue = read_catalogue(data / "data", data / "city")
        assert catalogue.current("bewohnerparkausweis").definition.version == 2
        assert catalogue.version("bewohnerparkausweis", 1).definition.version == 1

    def test_orders_versions_as_numbers(self, data: Path) -> None:
        folder = data / "data" / "bewohnerparkausweis"
        for version in (2, 10):
            shutil.copy(folder / "v1.yaml", folder / f"v{version}.yaml")
            change(folder / f"v{version}.yaml", lambda it, v=version: it.update(version=v))  # type: ignore[misc]
        catalogue = read_catalogue(data / "data", data / "city")
        assert catalogue.current("bewohnerparkausweis").definition.version == 10

    def test_knows_no_other_service(self, catalogue: Catalogue) -> None:
        with pytest.raises(ServiceUnknown):
            catalogue.current("kindergarten")
        with pytest.raises(ServiceUnknown):
            catalogue.version("bewohnerparkausweis", 99)


class TestWrongDefinition:
    @pytest.mark.parametrize(
        ("how", "path", "sentence"),
        [
            (lambda it: it.update(colour="red"), "colour", "Extra inputs"),
            (lambda it: it.pop("office"), "office", "Field required"),
            (lambda it: it["title"].pop("en"), "title.en", "Field required"),
            (lambda it: it["fee"].update(cents="month * 2"), "fee.cents", "line 1, column 1: undeclared"),
            (lambda it: it["fee"].update(cents="'30'"), "fee.cents", "gives STRING"),
            (lambda it: it["fee"].pop("cost_object"), "fee", "cost object"),
            (lambda it: it["fee"].update(provisional="perhaps"), "fee.provisional", "'accept' or 'wait'"),
            (
                lambda it: it["fee"].update(provisional="wait", due="after_decision"),
                "fee",
                "only a fee that is due before the decision can be waited for",
            ),
            (lambda it: it["fee"]["unpaid"].update(document="burn"), "fee.unpaid.document", "'keep', 'susp"),
            (lambda it: it["fee"]["unpaid"].pop("after_step"), "fee.unpaid", "name the step of dunning"),
            (lambda it: it["fee"]["unpaid"].update(document="keep"), "fee.unpaid", "keep names none"),
            (lambda it: it["fee"].update(due="none"), "fee", "where no fee is due, none is unpaid"),
            (
                lambda it: it["fee"]["unpaid"].update(after_step="threat"),
                "fee.unpaid.after_step",
                "no step of dunning 'threat': PORTAL_DUNNING_STEPS has reminder, dunning, enforcement",
            ),
            (lambda it: it["automation"].pop("legal_basis"), "automation", "legal basis"),
            (lambda it: it["rules"][0].update(fields=["nobody"]), "rules.0.fields", "no field 'nobody'"),
            (lambda it: it["rules"][0].update(require="months"), "rules.0.require", "gives INT"),
            (lambda it: it["facts"][1].update(provider="moon"), "facts.1.provider", "no provider 'moon'"),
            (lambda it: it["facts"][1]["inputs"].pop("street"), "facts.1.inputs", "needs exactly"),
            (
                lambda it: it["facts"][1]["inputs"].update(street="months"),
                "facts.1.inputs.street",
                "is integer",
            ),
            (lambda it: it.update(tariff="gold"), "tariff", "no tariff 'gold'"),
            (lambda it: it["validity"].update(starts="plate"), "validity.starts", "gives STRING"),
            (lambda it: it["fields"][0].update(section="cellar"), "fields.0.section", "no section 'cellar'"),
            (lambda it: it["fields"].append(it["fields"][0]), "fields", "two fields"),
            (lambda it: it["parameters"].update(months=1), "", "share the names ['months']"),
            (lambda it: it.update(version=3), "key", "says bewohnerparkausweis/v3"),
            (lambda it: it.pop("printed"), "printed", "Field required"),
            (lambda it: it["printed"].pop("legal_basis"), "printed.legal_basis", "Field required"),
            (lambda it: it["printed"]["office"].update(phone=" "), "printed.office.phone", "at least 1 char"),
            (lambda it: it["printed"].update(subject="a\u202eb"), "printed.subject", "cannot be seen"),
            (lambda it: it["printed"].pop("notes"), "printed.notes", "prints at least one note"),
            (lambda it: it["result"]["title"].pop("de"), "result.title.de", "Field required"),
            (lambda it: it["result"].update(kind="poster"), "result.kind", "'resident_parking_permit' or"),
            (lambda it: it["result"].update(kind="dog_tax_assessment"), "fields", "prints 'dog_name'"),
            (lambda it: it["facts"].pop(1), "facts", "prints the fact 'zone'"),
            (lambda it: it["validity"].update(months="0"), "validity.months", "prints a last day"),
            (
                lambda it: it["fields"][1].update(required=False),
                "fields",
                "every document prints 'family_name'",
            ),
        ],
    )
    def test_is_refused_with_file_path_and_sentence(
        self, data: Path, how: Change, path: str, sentence: str
    ) -> None:
        file = data / "data" / "bewohnerparkausweis" / "v1.yaml"
        change(file, lambda it: it.setdefault("parameters", {}))
        change(file, how)
        refused = refusal(data)
        assert (refused.file, refused.path) == (file, path)
        assert sentence in refused.sentence

    def test_is_refused_where_the_municipality_takes_other_steps(self, data: Path) -> None:
        read_catalogue(data / "data", data / "city", ["reminder"])
        with pytest.raises(CatalogueError) as refused:
            read_catalogue(data / "data", data / "city", ["mahnung"])
        assert "'reminder': PORTAL_DUNNING_STEPS has mahnung" in refused.value.sentence

    @pytest.mark.parametrize(
        ("how", "path", "sentence"),
        [
            (lambda it: it["fee"].update(due="before_decision"), "fee", "after the decision"),
            (lambda it: it["fee"].update(instalments="weekly"), "fee.instalments", "'quarterly'"),
            (
                lambda it: it["fee"].update(instalments="half_yearly"),
                "fee.instalments",
                "2 due days a year, not 4",
            ),
            (lambda it: it["automation"].update(mode="full"), "fee.instalments", "clerk's decision"),
            (
                lambda it: it["fee"].update(unpaid={"document": "suspend", "after_step": "reminder"}),
                "fee",
                "not on instalments",
            ),
        ],
    )
    def test_of_instalments_is_refused(self, data: Path, how: Change, path: str, sentence: str) -> None:
        file = data / "data" / "hundesteuer-anmeldung" / "v1.yaml"
        change(file, how)
        refused = refusal(data)
        assert (refused.file, refused.path) == (file, path)
        assert sentence in refused.sentence

    def test_without_a_source_of_due_days_is_refused(self, data: Path) -> None:
        file = data / "data" / "bewohnerparkausweis" / "v1.yaml"
        plain = {
            "due": "after_decision",
            "instalments": "quarterly",
            "refunds": {},
            "unpaid": {"document": "keep"},
        }
        change(file, lambda it: it["fee"].update(plain))
        assert "on which days they fall due" in refusal(data).sentence

    def test_is_refused_when_it_is_not_yaml(self, data: Path) -> None:
        (data / "data" / "bewohnerparkausweis" / "v1.yaml").write_text("a: {b", "utf-8")
        assert "is not YAML" in refusal(data).sentence

    def test_is_refused_when_there_is_none(self, data: Path) -> None:
        shutil.rmtree(data / "data")
        assert "holds no service" in str(refusal(data))


class TestWrongCity:
    @pytest.mark.parametrize(
        ("file", "how", "sentence"),
        [
            ("zones.yaml", lambda it: it["streets"][0].update(zone="Z"), "zones that do not exist: ['Z']"),
            ("zones.yaml", lambda it: it["streets"].append(it["streets"][0]), "listed twice"),
            (
                "zones.yaml",
                lambda it: it["streets"].append(
                    {"name": "Neu", "stretches": [{"zone": "A", "last": 9}, {"zone": "B", "first": 9}]}
                ),
                "two stretches cover the same houses",
            ),
            (
                "zones.yaml",
                lambda it: it["streets"][0].update(private=True),
                "either zone, stretches or private",
            ),
            (
                "tariffs.yaml",
                lambda it: it["tariffs"]["resident_parking"]["rates"].append(
                    {"valid_from": "2023-01-01", "cents": {"cents_per_month": 1}}
                ),
                "in the order of their days",
            ),
            (
                "tariffs.yaml",
                lambda it: it["tariffs"]["resident_parking"]["rates"][0]["cents"].update(
                    cents_per_month=2.55
                ),
                "valid integer",
            ),
            ("dog-tax.yaml", lambda it: it.pop("tiers"), "Field required"),
            ("dog-tax.yaml", lambda it: it["due_days"][0].__setitem__(1, 30), "every year has"),
            ("dog-tax.yaml", lambda it: it["due_days"][0].reverse(), "every year has"),
            ("dog-tax.yaml", lambda it: it["due_days"].reverse(), "in the order of the year"),
            ("dog-tax.yaml", lambda it: it["due_days"].append([12, 1]), "parts of whole months"),
        ],
    )
    def test_is_refused(self, data: Path, file: str, how: Change, sentence: str) -> None:
        change(data / "city" / file, how)
        refused = refusal(data)
        assert refused.file.name == file
        assert sentence in refused.sentence

    def test_is_refused_when_a_file_is_missing(self, data: Path) -> None:
        (data / "city" / "zones.yaml").unlink()
        assert "cannot be read" in refusal(data).sentence
