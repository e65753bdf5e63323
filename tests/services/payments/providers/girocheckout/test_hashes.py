import pytest

from services.payments.providers.girocheckout import hashes

# The provider's documentation, its notification examples, and two computed with another implementation.
VECTORS = [
    ("secure", "1234567│1234", "02f123fdb8b2056596abc0e6ebb1a8c3"),
    ("secure", "1234567│1234│Wert1│Wert2", "4233d4d15a75d651d60ebabe99b3d846"),
    (
        "ZFV9ZXpUKuDM",
        "b52e7ff4-2713-4287-817f-488bfab07956│TXN-33605725321│pWkqbQ43eyVK0Sh88FCR1i│123│EUR│4000",
        "e7a2d870904632943a40348edb3c8ae6",
    ),
    (
        "ZFV9ZXpUKuDM",
        "b1e33e0c-aa58-40ff-b83b-abc4bfb0c12f│TXN-94039909842│0a3WSyaa4wf1Loy2IRFTsd│123│EUR│4502",
        "f1dba477d0ca7c16b191785bc7fa9044",
    ),
    (
        "secure",
        "1234567│1234│BP-2026-000123│3000│EUR│KZ 4711000001│https://portal.example/pay/return│"
        "https://portal.example/pay/notify",
        "f81ac4a045d46f2acf3875ed8649056a",
    ),
    (
        "secure",
        "14│SALE│1234│b52e7ff4-2713-4287-817f-488bfab07956│BP-2026-000123│B1│3000│EUR│4000",
        "5379f6bbd06367e8069a86536ccf9c6d",
    ),
]


@pytest.mark.parametrize(("passphrase", "message", "expected"), VECTORS)
class TestTheHash:
    def test_equals_the_published_vector(self, passphrase: str, message: str, expected: str) -> None:
        assert hashes.of_values(passphrase, message.split("│")) == expected

    def test_matches_its_own_bytes(self, passphrase: str, message: str, expected: str) -> None:
        joined = message.replace("│", "").encode()
        assert hashes.matches(passphrase, joined, expected)
        assert not hashes.matches(passphrase, joined + b"0", expected)
        assert not hashes.matches(passphrase + "x", joined, expected)


class TestAClaimedHash:
    @pytest.mark.parametrize(
        "claimed", ["", "ä" * 32, "\udcff", "0" * 32, "02F123FDB8B2056596ABC0E6EBB1A8C3"]
    )
    def test_is_refused_without_an_error(self, claimed: str) -> None:
        assert not hashes.matches("secure", b"12345671234", claimed)
