"""The conditions that call for a person: how urgent each is, how long it must last, and what to do.

A condition that needs no response is no alarm (ISA-18.2) and is not here. Delays begin with the usual 60 s for temperatures; what a
restart or a missed poll heals by itself gets longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from facility.alarms.alarm import Priority

H, M, L = Priority.HIGH, Priority.MEDIUM, Priority.LOW


@dataclass(frozen=True, slots=True)
class Definition:
    """A condition as it was rationalised."""

    condition: str
    title: str
    priority: Priority
    on_delay_s: float
    off_delay_s: float
    response: str

    def delay(self, active: bool) -> timedelta:
        """Return how long an alarm must be otherwise before it turns."""
        return timedelta(seconds=self.off_delay_s if active else self.on_delay_s)


_PLANT = (
    Definition("inlet_above_allowable", "Rack inlet above allowable", H, 60, 60,
        "Servers may throttle or shut down. See that the hall's CRAHs run, lower their supply air, move load away from the rack."),
    Definition("inlet_above_limit", "Rack inlets above the site's limit", L, 60, 60,
        "Look for CRAHs that are off, missing blanking panels and open doors; lower the hall's supply air if it lasts."),
    Definition("inlet_below_limit", "Rack inlets below the site's limit", L, 60, 60,
        "Energy is wasted: raise the hall's supply air, or let the plan do so (facility review list)."),
    Definition("hall_humid", "Hall too humid", M, 60, 60,
        "Close the economizer's dampers, look for leaks and steam, lower the water temperature so that coils dry the air."),
    Definition("hall_dry", "Hall too dry", L, 60, 60,
        "See that the humidifier runs and has water; take outdoor air back. Handle hardware with wrist straps meanwhile."),
    Definition("ups_overloaded", "UPS above its rating", H, 15, 60,
        "Shed or move load now: the UPS goes to bypass, and then nothing bridges a failure of the grid."),
    Definition("pdu_overloaded", "PDU above its rating", M, 15, 60,
        "Move load to another hall or feed before a breaker trips."),
    Definition("import_above_limit", "Site above its import limit", M, 60, 60,
        "Defer work, discharge the battery or start own generation: the connection is limited."),
    Definition("loop_too_warm", "Liquid loop above its limit", M, 60, 60,
        "See that the CDUs' pumps and valves work and that the plant's water is cold enough; reduce load on the loop."),
    Definition("loop_too_cold", "Liquid loop below its limit", L, 60, 60,
        "Raise the CDUs' supply setpoint."),
    Definition("loop_condensing", "Liquid loop near the hall's dew point", M, 60, 60,
        "Raise the CDUs' supply setpoint before water drips on hardware; find out why the hall is damp."),
    Definition("emergency", "Emergency reported by the plant", H, 0, 60,
        "Follow the site's emergency procedure; facility writes nothing meanwhile."),
    Definition("plant_abnormal", "Abnormal state reported by the plant", M, 0, 60,
        "Find the cause at the equipment; facility follows no plan and writes nothing until it is over."),
)  # fmt: skip

_DATA = (
    Definition("device_silent", "Device does not answer", M, 60, 60,
        "See that the device has power and network; the text above and /api/v1/health have its last error."),
    Definition("readings_stale", "Readings missing or old", L, 300, 60,
        "The device answers but these points do not: compare its profile with the device (facility profiles test)."),
    Definition("reading_untrusted", "Reading not believed", L, 0, 0,
        "Inspect and calibrate the sensor; facility trust SITE has the evidence. Plans leave the point out meanwhile."),
    Definition("model_drift", "Equipment has left its model", L, 0, 0,
        "Find what has changed at the equipment: fouling, a valve, a filter. A training takes it up by itself."),
)  # fmt: skip

_PLANNING = (
    Definition("planner_failed", "No plan could be made", L, 180, 0,
        "The plant stays on its own controls. Read why, and mend what is missing (facility recommend SITE repeats it)."),
    Definition("plan_cut_short", "No operation meets all limits later", M, 0, 0,
        "Before the hour named, bring equipment back, shed load or accept the limit's breach."),
    Definition("spare_not_kept", "No spare unit is kept", M, 0, 0,
        "A further failure would break limits: bring locked-out units back, or reduce load."),
    Definition("plan_not_followed", "Plan in force not followed", L, 600, 60,
        "Read why; until it is mended the last recommendations stand uncorrected."),
    Definition("signal_failing", "Provider of a signal does not answer", L, 600, 0,
        "Read why (facility signals SITE): network, key, or the provider itself. Its last issue is in use until it is too old."),
    Definition("signal_lost", "Signal lost, a fallback stands in", M, 300, 0,
        "Plans go by the fallback named: mend the provider (facility signals SITE --fetch tries it), or take another."),
    Definition("vtn_silent", "OpenADR server does not answer", M, 0, 0,
        "What it asks is not heard. Read why: network, secret, or the server itself; ask its operator by telephone what stands."),
    Definition("ven_broken", "Listening to an OpenADR server breaks off", M, 0, 0,
        "A fault of facility itself, which begins again. Report it with the log; until it holds, ask the operator what stands."),
    Definition("event_not_planned", "Accepted event is not planned for", M, 0, 0,
        "Read why (facility dr show): mend it, see to the event by hand, or opt out before its penalty is due."),
    Definition("workload_failed", "Scheduler did not do what the plan decided", M, 0, 0,
        "Read why and see to the node; plans keep it awake. facility dr workload SITE --run tries it again, --restore ends it."),
    Definition("setpoint_overridden", "Setpoint changed by somebody else", L, 0, 0,
        "Ask who changed it; then accept it on Dispatch, or with facility writes clear: facility may write it again."),
    Definition("write_failed", "Write refused or in doubt", M, 0, 0,
        "See what the device holds now and whether it is in remote control; a write that succeeds ends this."),
    Definition("rolled_back", "Written setting rolled back", M, 0, 0,
        "Read why. The plant has its setting of before; find out what it does otherwise before it is written again."),
    Definition("point_not_put_back", "Setting not put back", H, 180, 0,
        "Set the points named by hand at their device now: it does not take them from us, and is asked each minute."),
    Definition("dispatch_suspended", "Dispatch waits for a person", L, 0, 0,
        "Nothing is written. When the plant is well, facility dispatch resume SITE --reason WHY, or resume at the console."),
    Definition("lock_out_ended", "Lock-out has ended by itself", M, 0, 0,
        "It is planned with and written again: see that the work is done, then return it to service, or lock it out anew."),
    Definition("writing_lost", "Another machine writes", M, 0, 0,
        "See that only one service is to write to this site, and stop the other: writes wait a minute each time they change over."),
)  # fmt: skip

_SERVICE = (
    Definition("process_down", "Process of the service is down", M, 60, 30,
        "Read its log (facility serve): the supervisor starts it again, each time later. Nothing it does is done meanwhile."),
    Definition("training_failed", "Models not trained", L, 0, 0,
        "Read why; the models in service stay, and grow old."),
    Definition("table_behind", "Table of readings is behind", M, 60, 60,
        "See that the table's store can be written; readings wait in the hot log, up to its limit."),
    Definition("readings_lost", "Readings are being lost", M, 0, 600,
        "Free space on the disk of the state folder now: store and memory are full."),
    Definition("disk_short", "Disk nearly full", M, 60, 300,
        "Free space on the disk of the state folder: it does not hold what the hot log may need in an outage."),
    Definition("notices_waiting", "Notices of alarms are not delivered", M, 0, 0,
        "See that the mail server and the webhook can be reached; until then look here (facility alarms SITE)."),
    Definition("audit_head_missing", "Head of the audit trail not exported", L, 600, 0,
        "Read why: the journal or the state folder fails. Until it is mended, a trail that is cut off shows less well."),
)  # fmt: skip

CATALOGUE = {one.condition: one for one in (*_PLANT, *_DATA, *_PLANNING, *_SERVICE)}
