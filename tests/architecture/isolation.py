"""A copy of one deployable and the kernel, and a site folder with its extra's distributions and nothing else.

The distributions are those installed here, as symbolic links: nothing is downloaded, and what the extra does
not bring is not there.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from deploy.assemble import copy_code
from tests.architecture.deployables import ROOT, Deployable, closure, files_of

_IMPORT_EACH = """
import importlib, json
errors = {}
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except Exception as error:
        errors[name] = f"{type(error).__name__}: {error}"
print(json.dumps(errors))
"""


@dataclass(frozen=True)
class Isolated:
    """`code` holds the deployable and `shared`, `site` the distributions."""

    code: Path
    site: Path

    def importing(self, names: list[str]) -> dict[str, str]:
        """Import each in one process; answers module → error for those that fail.

        The process sees the two folders and the standard library, no environment and no site-packages.
        """
        start = f"import sys; sys.path[:0] = [{str(self.code)!r}, {str(self.site)!r}]"
        command = [sys.executable, "-I", "-S", "-B", "-c", start + _IMPORT_EACH, json.dumps(names)]
        done = subprocess.run(command, cwd=self.code, env={}, capture_output=True, text=True, check=True)
        errors: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return errors


def isolate(deployable: Deployable, folder: Path) -> Isolated:
    """Make both folders. Raises PackageNotFoundError when the extra names what is not installed here."""
    isolated = Isolated(folder / "code", folder / "site")
    copy_code(deployable.extra, ROOT, isolated.code)
    link(closure(deployable.extra).values(), isolated.site)
    return isolated


def link(distributions: Iterable[Distribution], site: Path) -> None:
    """Link each distribution's files; a folder that several share is made, and linked file by file."""
    records = [(distribution, files_of(distribution)) for distribution in distributions]
    sharing = Counter(top for _, files in records for top in {file.partition("/")[0] for file in files})
    for distribution, files in records:
        source = Path(str(distribution.locate_file("")))
        tops = {file.partition("/")[0] for file in files}
        whole = {top for top in tops if sharing[top] == 1}
        for name in [*whole, *(file for file in files if file.partition("/")[0] not in whole)]:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).symlink_to(source / name)
