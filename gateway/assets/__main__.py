"""`python -m gateway.assets`: installs the pinned packages and builds the web assets, if anything changed."""

import sys

from gateway.assets.build import build
from gateway.assets.packages import AssetsNotInstalled
from gateway.assets.places import BUILT


def main() -> int:
    try:
        fresh = build()
    except AssetsNotInstalled as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    total = sum(path.stat().st_size for path in BUILT.iterdir())
    sys.stdout.write(f"web assets {'built' if fresh else 'fresh'}: {total // 1024} KB in {BUILT.name}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
