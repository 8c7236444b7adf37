"""The broker of a VTN, as a VEN keeps listening there: found anew when its programs change, let in anew when it was refused."""

from __future__ import annotations

from dataclasses import dataclass

from facility.errors import FacilityError
from facility.log import get_logger
from facility.respond.openadr.broker_ear import BrokerEar
from facility.respond.openadr.client import VtnClient
from facility.respond.openadr.doorbell import Doorbell
from facility.respond.openadr.notifiers import Offer, offer
from facility.respond.openadr.settings import VenSettings

NO_BROKER = "the VTN has no broker"
_log = get_logger(__name__)


@dataclass(slots=True)
class AtBroker:
    """Listens at the broker of one VTN, where the settings want it; used by the VEN's thread."""

    settings: VenSettings
    client: VtnClient
    bell: Doorbell
    why_not: str | None = None  # why nothing is heard there now
    _ear: BrokerEar | None = None
    _known: frozenset[str] | None = None  # programs whose topics were asked for
    _offer: Offer | None = None

    def forget(self) -> None:
        """Ask the VTN anew what it offers, the next time."""
        self._known = None

    def stay(self, ven_id: str, programs: frozenset[str]) -> None:
        """Listen for what is said of programs and of us; whatever goes wrong is told, and tried again at the next reading."""
        if not self.settings.mqtt:
            return
        try:
            self._stay(ven_id, programs)
            why_not = NO_BROKER if self._ear is None else self._ear.why_not
        except (FacilityError, OSError, ValueError) as error:  # the last two: a certificate that is none
            why_not, self._known = str(error), None
        if why_not != self.why_not:
            _log.info("at the broker of a VTN", ven=self.settings.name, hears="nothing" if why_not else "", why=why_not)
        self.why_not = why_not

    def close(self) -> None:
        """Hang up."""
        if self._ear is not None:
            self._ear.close()
        self._ear, self._offer = None, None

    def _stay(self, ven_id: str, programs: frozenset[str]) -> None:
        why_not = "not connected yet"
        if self._ear is not None and self._ear.is_refused:
            why_not = str(self._ear.why_not)  # still so until it lets us in
            self.client.renew_token()
            self.close()
            self.forget()
        if self._known == programs:
            return
        found = offer(self.client, ven_id, programs)
        if found != self._offer:
            self.close()
            if found is not None:
                ours = self.settings.client_id, self.client.token, self.bell.ring
                self._ear = BrokerEar(found, *ours, why_not=why_not)
        self._offer, self._known = found, programs
