"""How an answer is refused: a stable code with parameters; the gateway owns the sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any


class Unacceptable(ValueError):
    """One value cannot be taken. `code` is stable; `params` fill the citizen's sentence."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field of a form, as it goes into the problem document."""

    field: str
    code: str
    params: Mapping[str, Any] = attribute(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "code": self.code, "params": dict(self.params)}
