import pytest

from services.payments.providers.girocheckout.codes import CODES, look_up
from services.payments.providers.port import Reaction, State

S, F, C, E, U = State.SUCCEEDED, State.FAILED, State.CANCELLED, State.EXPIRED, State.UNKNOWN
CONFIGURATION, BUG, PAYER, DUPLICATE, DECLINED = (
    Reaction.CONFIGURATION,
    Reaction.BUG,
    Reaction.PAYER,
    Reaction.DUPLICATE,
    Reaction.DECLINED,
)

EXPECTED: dict[int, tuple[State, Reaction | None]] = {
    4000: (S, None),
    **dict.fromkeys((4001, 4002, 4020, 4021, 4022), (F, DECLINED)),
    **dict.fromkeys((4051, 4101, 4102, 4103, 4104, 4105, 4106, 4107, 4108), (F, DECLINED)),
    **dict.fromkeys((4151, 4153, 4154), (F, DECLINED)),
    **dict.fromkeys((4152, 4500), (U, None)),
    4501: (E, DECLINED),
    4502: (C, DECLINED),
    4503: (U, DUPLICATE),
    **dict.fromkeys((4504, 4505, 4506, 4900), (F, DECLINED)),
    **dict.fromkeys((5000, 5001, 5002), (U, CONFIGURATION)),
    **dict.fromkeys((5003, 5004, 5020, 5021, 5022, 5023), (U, BUG)),
    **dict.fromkeys((5026, 5027), (F, PAYER)),
    **dict.fromkeys((5030, 5033, 5032, 5051, 5052, 5034, 5055, 5056), (U, BUG)),
    5086: (U, DECLINED),
    **dict.fromkeys((5096, 5097, 5098, 5099), (U, BUG)),
    **dict.fromkeys((5100, 5101), (U, None)),
    **dict.fromkeys((5114, 5116, 5117, 5118, 5119, 5120), (U, BUG)),
    **dict.fromkeys((5200, 5202, 5203, 5204, 5205), (F, DECLINED)),
    5201: (U, None),
    **dict.fromkeys((5500, 5501, 5502, 5503, 5504), (U, BUG)),
    5505: (U, DUPLICATE),
    **dict.fromkeys((6001, 6002), (F, DECLINED)),
    **dict.fromkeys((7000, 7001, 9999), (U, None)),
}


class TestEveryCode:
    @pytest.mark.parametrize("number", sorted(EXPECTED))
    def test_has_its_outcome_and_reaction(self, number: int) -> None:
        code = look_up(number)
        assert (code.number, code.state, code.reaction) == (number, *EXPECTED[number])
        assert code.meaning

    def test_is_listed_here_and_nowhere_else(self) -> None:
        assert set(CODES) == set(EXPECTED)

    def test_leaves_it_to_the_provider_only_as_4152(self) -> None:
        assert [n for n, code in CODES.items() if code.pending] == [4152]

    def test_succeeds_only_as_4000(self) -> None:
        assert [n for n, code in CODES.items() if code.state is State.SUCCEEDED] == [4000]


class TestAnUnlistedCode:
    @pytest.mark.parametrize(("number", "reaction"), [(5777, None), (5009, BUG), (4999, None), (1, None)])
    def test_is_never_final(self, number: int, reaction: Reaction | None) -> None:
        code = look_up(number)
        assert (code.state, code.reaction) == (State.UNKNOWN, reaction)
