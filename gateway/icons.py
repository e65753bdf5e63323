"""Our own icons: 24 by 24, one stroke, drawn into the page so that they need no request and no script."""

from typing import Final

from markupsafe import Markup

PATHS: Final = {
    "alert": '<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.3v.2"/>',
    "arrow": '<path d="M5 12h14M13 6l6 6-6 6"/>',
    "back": '<path d="M19 12H5M11 6l-6 6 6 6"/>',
    "bank": '<path d="M4 10h16L12 4zM6 10v7M10 10v7M14 10v7M18 10v7M4 20h16"/>',
    "calendar": '<rect x="3.5" y="5" width="17" height="15.5" rx="2"/><path d="M3.5 10h17M8 3v4M16 3v4"/>',
    "camera": '<path d="M3.5 8.5A1.5 1.5 0 0 1 5 7h3l1.5-2.5h5L16 7h3a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 '
    '19 19H5a1.5 1.5 0 0 1-1.5-1.5z"/><circle cx="12" cy="13" r="3.6"/>',
    "car": '<path d="M5 17H3v-4.5L5.5 7h10L19 12l2 1v4h-2M9 17h6M4 12h14"/><circle cx="7" cy="17" r="2"/>'
    '<circle cx="17" cy="17" r="2"/>',
    "card": '<rect x="3" y="5.5" width="18" height="13" rx="2"/><path d="M3 10h18M6.5 15h4"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.4 2"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "document": '<path d="M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h7"/>',
    "dog": '<path d="M8 11.5 5.5 8.6C4.8 7.4 5.4 5 7 4.6c1.3 0 2.4.8 3.2 1.6h3.6c.8-.8 1.9-1.6 3.2-1.6 '
    '1.6.4 2.2 2.8 1.5 4L16 11.5"/><path d="M7.5 10.5C7 13 7 16.5 9.5 18.6c1.5 1.2 3.5 1.2 5 0 '
    '2.5-2.1 2.5-5.6 2-8.1M10 11v.2M14 11v.2M10.8 14.6h2.4L12 16z"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M4.5 20h15"/>',
    "edit": '<path d="m4 20 1-4.5L16 4.5l3.5 3.5-11 11zM13.5 7l3.5 3.5"/>',
    "euro": '<circle cx="12" cy="12" r="8.5"/><path d="M15.5 8.6a4.4 4.4 0 1 0 0 6.8M7.2 10.9h5.3M7.2 '
    '13.2h5.3"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="2.8"/>',
    "inbox": '<path d="M3.5 13.5 6 5h12l2.5 8.5V19h-17zM3.5 13.5H9c0 1.7 1.3 3 3 3s3-1.3 3-3h5.5"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.7v.2"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "mail": '<rect x="3" y="5.5" width="18" height="13" rx="2"/><path d="m3.5 7 8.5 6.5L20.5 7"/>',
    "pause": '<circle cx="12" cy="12" r="8.5"/><path d="M9.8 8.5v7M14.2 8.5v7"/>',
    "phone": '<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18.5h2"/>',
    "scale": '<path d="M12 4v16M8 20h8M5 7h14M5 7l-2.5 6.5a2.6 2.6 0 0 0 5 0zM19 7l-2.5 6.5a2.6 2.6 0 0 0 5 '
    '0z"/>',
    "scan": '<path d="M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 '
    '0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16M4 12h16"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "shield": '<path d="M12 3 5 5.5V11c0 4.5 2.8 8 7 10 4.2-2 7-5.5 7-10V5.5z"/><path d="m9 11.5 2.3 2.3 '
    '4-4.3"/>',
    "swap": '<path d="M4 8.5h15M15 4.5l4 4-4 4M20 15.5H5M9 11.5l-4 4 4 4"/>',
    "wallet": '<path d="M4 7.5A2 2 0 0 1 6 5.5h11v3M4 7.5v9a2 2 0 0 0 2 2h14v-10H5.5"/>'
    '<path d="M16 13.5h.2"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6"/>',
}


def icon(name: str, size: int = 24) -> Markup:
    """The icon as inline SVG, hidden from assistive technology; KeyError for a name there is not."""
    box = f'viewBox="0 0 24 24" width="{size}" height="{size}"'
    return Markup(f'<svg class="icon" {box} aria-hidden="true">{PATHS[name]}</svg>')  # noqa: S704 - ours alone
