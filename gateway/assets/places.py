"""Where the assets come from and where they go. `BUILT` and `PACKAGES` are ignored by git."""

from pathlib import Path

ASSETS = Path(__file__).parent
GATEWAY = ASSETS.parent
SOURCE = ASSETS / "source"
TEMPLATES = GATEWAY / "templates"
PACKAGES = ASSETS / "node_modules"
BUILT = GATEWAY / "static" / "built"

KERN = PACKAGES / "@kern-ux" / "native" / "dist"
QR_DECODER = PACKAGES / "jsqr" / "dist" / "jsQR.js"
AXE = PACKAGES / "axe-core" / "axe.min.js"
