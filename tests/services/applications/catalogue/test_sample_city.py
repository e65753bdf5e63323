from datetime import date

from services.applications.catalogue.loading import Catalogue


class TestSampleCity:
    def test_has_twelve_zones_and_some_sixty_streets(self, catalogue: Catalogue) -> None:
        assert len(catalogue.city.zones) == 12
        assert 55 <= len(catalogue.city.streets.names) <= 70

    def test_gives_every_zone_a_street(self, catalogue: Catalogue) -> None:
        streets = [catalogue.city.streets.find(name) for name in catalogue.city.streets.names]
        assert {stretch.zone for street in streets for stretch in street.stretches} == set(
            catalogue.city.zones
        )

    def test_splits_streets_and_has_private_and_unzoned_ones(self, catalogue: Catalogue) -> None:
        streets = [catalogue.city.streets.find(name) for name in catalogue.city.streets.names]
        assert sum(len({stretch.zone for stretch in street.stretches}) > 1 for street in streets) >= 5
        assert sum(street.private for street in streets) >= 2
        assert sum(not street.private and not street.stretches for street in streets) >= 3

    def test_has_the_tariff_of_a_day(self, catalogue: Catalogue) -> None:
        tariff = catalogue.city.tariffs["resident_parking"]
        assert tariff.on(date(2026, 11, 22)) == {"cents_per_month": 255}
        assert tariff.on(date(2000, 1, 1)) == {"cents_per_month": 255}
