"""`python -m deploy.manifests check`: render every overlay and check it; `render <overlay>` prints one."""

import sys
from collections.abc import Sequence

import yaml

from deploy.manifests.checking import check
from deploy.manifests.rendering import OVERLAYS, NotRendered, overlays, render
from deploy.manifests.schemas import schema_folder

USAGE = "usage: python -m deploy.manifests check | render <overlay>"


def main(arguments: Sequence[str]) -> int:
    """0: nothing found; 1: findings; 2: not possible."""
    try:
        match arguments:
            case ["check"]:
                return check_all()
            case ["render", name]:
                yaml.safe_dump_all(render(OVERLAYS / name), sys.stdout, sort_keys=False)
                return 0
    except NotRendered as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stderr.write(f"{USAGE}\n")
    return 2


def check_all() -> int:
    """Check every overlay and say what was found, and what could not be looked at."""
    folder = schema_folder()
    if folder is None:
        say("The operators' schemas are not here (PORTAL_CRD_SCHEMAS): custom resources were not validated.")
    count = 0
    for overlay in overlays():
        documents = render(overlay)
        found = check(documents, folder)
        count += len(found)
        say(f"{overlay.name}: {len(documents)} documents, {len(found)} findings")
        for finding in found:
            say(f"  {finding}")
    return 1 if count else 0


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
