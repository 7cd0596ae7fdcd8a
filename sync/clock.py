"""What time it really was on the phone. Wall clocks are wrong; monotonic ones are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.model import Instant, Proof, Stamp, Times

MILLISECOND = timedelta(milliseconds=1)
NINETEEN_SEVENTY = datetime(1970, 1, 1, tzinfo=UTC)

# No change is older than the product, and no phone runs five years without a restart: a reading
# beyond these says that a counter broke, not that it was so.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LONGEST_UPTIME = 5 * 366 * 24 * 3600 * 1000

# A server keeps receipts for so long at least; of what is older it may not know that it had it.
REMEMBERED = timedelta(days=60)


def correct(at: Instant, clock: Instant, now: datetime) -> Times:
    """When a change was recorded: `at` is its reading, `clock` that of the push received `now`.

    Proved within one boot by the monotonic clock; else claimed by the wall clock plus the offset
    measured now. Never after receipt. Readings that make no sense end as claimed, at receipt.
    """
    age = _age(at, clock)
    if age is not None:
        return Times(now - age * MILLISECOND, Proof.PROVED, now)
    return Times(_claimed(at, clock, now), Proof.CLAIMED, now)


def stamp(times: Times, device: str, n: int, last_time: int, *, reset: bool = False) -> Stamp:
    """The stamp of a change: its corrected time, made monotone in n by `last_time` (ms).

    After a reset of the device n has started again and orders nothing: time alone must grow.
    """
    floor = last_time + 1 if reset else last_time
    return Stamp(max(to_ms(times.recorded_at), floor), device, n)


def to_ms(moment: datetime) -> int:
    """An aware datetime as milliseconds since 1970, rounded down."""
    return (moment - NINETEEN_SEVENTY) // MILLISECOND


def from_ms(ms: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime (UTC). Raises OverflowError far out of range."""
    return NINETEEN_SEVENTY + ms * MILLISECOND


def _age(at: Instant, clock: Instant) -> int | None:
    """Milliseconds from change to push if the monotonic clock can tell."""
    if not at.boot or at.boot != clock.boot:
        return None
    age = clock.elapsed - at.elapsed
    return age if 0 <= age <= LONGEST_UPTIME else None


def _claimed(at: Instant, clock: Instant, now: datetime) -> datetime:
    ms = at.wall + to_ms(now) - clock.wall
    if not to_ms(EARLIEST) <= ms <= to_ms(now):
        return now
    return from_ms(ms)
