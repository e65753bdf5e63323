"""View models: one frozen dataclass a page, holding exactly what its template shows.

Texts that come from a service (titles, labels, reasons) arrive in the language of the page; everything else a
template says goes through the translations. Amounts are integer cents, times aware datetimes, spans seconds.
"""
