"""Does what a site says about its grid connection, batteries and photovoltaics fit together."""

from __future__ import annotations

from collections.abc import Iterator

from facility.site import Site
from facility.site_file.findings import Fault


def electrical_faults(site: Site) -> Iterator[Fault]:
    """Yield what does not fit, with its key path."""
    for index, battery in enumerate(site.batteries):
        if battery.charges_from == "photovoltaics" and not site.photovoltaics:
            yield (
                ("batteries", index, "charges_from"),
                f"{battery.id} charges from photovoltaics alone, and the site has none; add them, or say any",
            )
    if site.electrical.export_limit_kw and site.tariff.export_price_per_kwh is None:
        yield (
            ("electrical", "export_limit_kw"),
            "without tariff.export_price_per_kwh nothing may be exported; give it (0.0 if nothing is paid), or leave this out",
        )
