"""An import-linter contract that is a list of what is allowed, so that a new dependency has to ask."""

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class ImportsOnly(Contract):
    """`modules` (expressions, each with all below it) import themselves, the standard library, and `allowed`.

    Direct imports count; what an allowed module imports in turn is the matter of its own contract.
    """

    type_name = "imports_only"

    modules: Any = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Kept when every import is allowed; the metadata lists the others, importer first."""
        refused = []
        for root in self._roots(graph):
            for module in sorted({root, *graph.find_descendants(root)}):
                imported = sorted(graph.find_modules_directly_imported_by(module))
                refused += [(module, name) for name in imported if not self._is_allowed(root, name)]
        return ContractCheck(kept=not refused, metadata={"refused": refused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["refused"]:
            output.print_error(f"{importer} is not allowed to import {imported}")

    def _roots(self, graph: ImportGraph) -> list[str]:
        return sorted(module.name for module in module_expressions_to_modules(graph, self.modules))

    def _is_allowed(self, root: str, imported: str) -> bool:
        if imported.partition(".")[0] in sys.stdlib_module_names:
            return True
        return any(_is_within(imported, allowed) for allowed in (root, *self.allowed))


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
