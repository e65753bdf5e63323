"""Settings of documents."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from services.documents.rendering.branding import SAMPLE
from shared.settings import ServiceSettings, TimeZone


def _with_fonts(folder: Path) -> Path:
    if not any(folder.glob("*.ttf")):
        raise ValueError(f"no fonts in {folder}; run python -m deploy.local.fonts {folder}")
    return folder


class DocumentsSettings(ServiceSettings):
    """`branding` is a folder with `city.json`, `coat_of_arms.svg` and `wording.json`.

    Secrets: `seal_key.pem`, `seal_certificate.pem`, `seal_ca.pem`, `permit_token_key.pem` (Ed25519), and
    `permit_token_earlier_keys.json` (JWKS of public keys) once the key has been changed.
    """

    store_url: str
    fonts_dir: Annotated[Path, AfterValidator(_with_fonts)] = Field(
        default=Path(".portal/fonts"), validate_default=True
    )
    branding: Path = SAMPLE
    city_time_zone: TimeZone = "Europe/Berlin"
    render_threads: int = Field(default=2, ge=1, le=16)
    status_list_hours: int = Field(default=24, ge=1)
