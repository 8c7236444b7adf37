"""A server pool before solving: what must be ready, what servers take at each frequency, how fast they wake and sleep."""

from __future__ import annotations

import numpy as np

from facility.plan.headroom import expected_busy, needed_servers
from facility.plan.inputs import PlanInputs
from facility.plan.job_choices import running_kw
from facility.plan.named_servers import NamedPool
from facility.records import FloatArray, LimitShortfall
from facility.site import FrequencyLevel, ServerPool
from models.server_levels import ServerLevel, pool_power_w

WHOLE = 1e-4  # servers; less than this above a whole number is solver noise
SLEEP_WEAR_FRAC = 0.1  # of a wake: our judgement, so that sleeping that saves nothing is not worth a move
LEVEL_WEAR_FRAC = 0.05  # of a wake: another frequency is a message, not a boot


class PoolCase:
    """What a pool needs, known before solving. Planned only if it may consolidate and its state is measured."""

    def __init__(self, inputs: PlanInputs, pool: ServerPool) -> None:
        self.pool, self.steps, self.step_h, self.times = pool, inputs.steps, inputs.step_h, inputs.times
        self.measured = pool.id in inputs.awake_servers and pool.id in inputs.busy_servers
        self.planned = pool.consolidate and self.measured
        self.awake_now = float(np.clip(np.round(inputs.awake_servers.get(pool.id, pool.servers)), 0, pool.servers))
        self._levels(inputs)
        step_min = inputs.site.planning.step_min
        self.wake_steps = min(int(np.ceil(pool.wake_min / step_min)), self.steps)
        self.awake_steps = min(max(1, int(np.ceil(pool.min_awake_min / step_min))), self.steps)
        self.asleep_steps = min(max(1, int(np.ceil(pool.min_asleep_min / step_min))), self.steps)
        per_h = pool.servers / self.step_h if pool.wakes_max_per_h is None else pool.wakes_max_per_h
        self.most_wakes = float(np.clip(np.floor(per_h * self.step_h + WHOLE), 1, pool.servers))  # a step
        self.work_kw = (pool.peak_w - pool.idle_w) / 1000.0
        self.names = (
            NamedPool(inputs, pool, self.awake_now, self.awake_steps, self.asleep_steps)
            if self.planned and pool.members
            else None
        )
        self._need(inputs)
        self.busy = expected_busy(inputs, pool.id)
        boot_kwh = pool.idle_w / 1000.0 * pool.wake_min / 60.0
        self.wake_cost = boot_kwh * inputs.price_scale_per_kwh + pool.wake_cost

    def _levels(self, inputs: PlanInputs) -> None:
        """Take the frequencies in use: the slower ones only if it is measured how many servers run at each."""
        pool = self.pool
        slowed = inputs.slowed_servers.get(pool.id) if self.planned else None
        slower = pool.slower_levels if slowed is not None else ()
        self.levels = (_level(pool), *(_level(level) for level in slower))
        self.slowed_now = np.zeros(0) if slowed is None else np.clip(np.round(slowed), 0, self.awake_now)
        self.lost_frac = np.array([1.0 - level.throughput_frac for level in self.levels[1:]])
        self.idle_step_kw = (pool.idle_w - pool.sleep_w) / 1000.0
        self.plain = len(self.levels) == 1 and not pool.power_points

    def _need(self, inputs: PlanInputs) -> None:
        # Rounded up at once: whole servers are what there is, and it makes the relaxation of whole servers exact.
        wanted = needed_servers(inputs, self.pool) if self.planned else inputs.busy_servers.get(self.pool.id)
        wanted = np.ceil((np.zeros(self.steps) if wanted is None else wanted) - WHOLE)
        if self.planned:
            anchors = 0 if self.names is None else len(self.names.anchors)
            wanted = np.maximum(wanted, max(anchors, sum(group.at_least for group in self.pool.keep_apart)))
        running = running_kw(inputs, self.pool.id) / self.work_kw
        room = np.maximum(self.most_ready - running, 0.0)  # a job that runs has its servers, whatever the headroom says
        self.need = np.minimum(wanted, room) if self.planned or running.any() else wanted
        self._beyond = wanted - self.need

    @property
    def most_ready(self) -> FloatArray:
        """Servers ready in each step if all are woken as soon as can be."""
        if not self.planned:
            return np.full(self.steps, self.awake_now)
        boots = np.maximum(np.arange(self.steps) - self.wake_steps + 1, 0)
        return np.asarray(np.minimum(self.awake_now + boots * self.most_wakes, self.pool.servers))

    @property
    def spare_kw(self) -> FloatArray:
        """Power of deferrable work that the pool can carry with every server awake, as soon as they can be."""
        return np.asarray(np.maximum(self.most_ready - self.need, 0.0) * self.work_kw)

    def power_kw(self, awake: FloatArray, slowed: FloatArray | None = None) -> FloatArray:
        """Return the pool's IT power beyond that with the servers awake now, by the full law; `slowed` (L-1, T)."""
        if self.plain:
            return np.asarray((awake - self.awake_now) * self.idle_step_kw)
        slow = np.zeros((len(self.slowed_now), self.steps)) if slowed is None else slowed
        return self._absolute_kw(awake, slow) - self.now_kw

    @property
    def held_slowed(self) -> FloatArray:
        """Servers at each slower frequency if nothing is changed (L-1, T)."""
        return np.repeat(self.slowed_now[:, None], self.steps, axis=1)

    @property
    def now_kw(self) -> FloatArray:
        """Power of the servers awake now at their frequencies."""
        return self._absolute_kw(np.full(self.steps, self.awake_now), self.held_slowed)

    def _absolute_kw(self, awake: FloatArray, slowed: FloatArray) -> FloatArray:
        counts = np.concatenate([(awake - slowed.sum(axis=0))[None], slowed])
        return np.asarray((pool_power_w(self.levels, counts, self.busy) - self.pool.sleep_w * awake) / 1000.0)

    def power_range_kw(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and most of that power in each step; with several frequencies, bounds of it."""
        if not self.planned:
            return np.zeros(self.steps), np.zeros(self.steps)
        least, most, ahead = (
            self.need.copy(),
            np.full(self.steps, float(self.pool.servers)),
            self.steps - self.wake_steps,
        )
        least[:ahead] = np.maximum(least[:ahead], self.need[self.wake_steps :])
        if self.plain:
            return self.power_kw(least), self.power_kw(most)
        return self._bounds_kw(least, most)

    def _bounds_kw(self, least: FloatArray, most: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bound the power from below and above by the cheapest and dearest watts of any frequency."""
        slopes = np.concatenate([level.segments()[0] for level in self.levels])
        idle = np.array([level.idle_w - self.pool.sleep_w for level in self.levels])
        per_work = idle / np.array([level.throughput_frac for level in self.levels])
        low = (per_work.min() * least + slopes.min() * self.busy) / 1000.0 - self.now_kw
        high = (idle.max() * most + slopes.max() * self.busy) / 1000.0 - self.now_kw
        return np.asarray(low), np.asarray(high)

    def shortfalls(self) -> list[LimitShortfall]:
        """Name headroom that is missing already and cannot be woken in time, or that the pool does not have at all."""
        worst = int(self._beyond.argmax())
        amount = float(self._beyond[worst])
        return (
            [LimitShortfall(f"{self.pool.id} headroom", amount, "servers", self.times[worst])] if amount > 0.0 else []
        )

    def wear(self, awake: FloatArray, slowed: FloatArray | None = None) -> float:
        """Return what waking, sleeping and changing frequency cost."""
        moved = np.diff(awake, prepend=self.awake_now)
        wear = np.maximum(moved, 0.0).sum() + SLEEP_WEAR_FRAC * np.maximum(-moved, 0.0).sum()
        if slowed is not None and slowed.size:
            wear += LEVEL_WEAR_FRAC * np.abs(np.diff(slowed, prepend=self.slowed_now[:, None], axis=1)).sum()
        return float(self.wake_cost * wear)


def _level(part: ServerPool | FrequencyLevel) -> ServerLevel:
    points = [
        (0.0, part.idle_w),
        *((one.utilisation_frac, one.power_w) for one in part.power_points),
        (1.0, part.peak_w),
    ]
    throughput = part.throughput_frac if isinstance(part, FrequencyLevel) else 1.0
    at, watts = np.array(points).T
    return ServerLevel(throughput, at, watts)
