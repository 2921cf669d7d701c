"""The rows of the table: which figures are shown, and what is to be reached."""

from dataclasses import dataclass, replace

from .cases import AIOKATCP, EARLY, OURS, REFERENCE

__all__ = ["ROWS", "Bound", "Row", "by_cpu"]


@dataclass(frozen=True)
class Bound:
    """A target for our figure: at least, or at most, so many times that of a run, or of nothing."""

    least: bool
    times: float
    label: str | None = None
    case: str | None = None  # of that run, if it is another


@dataclass(frozen=True)
class Row:
    """A row: a figure of a case, in a unit, and targets for it.

    Attributes
    ----------
    ceiling
        The run to show as what is possible.
    ours
        The run of this library that counts.
    worst
        Whether it is something never to be exceeded, so that its highest value counts and not its
        median.
    """

    title: str
    case: str
    figure: str
    unit: str
    bounds: tuple[Bound, ...] = ()
    ceiling: str | None = None
    ours: str = OURS
    worst: bool = False


def by_cpu(row: Row) -> Row:
    """Give the row with its rate, or seconds, told and judged as CPU for each thing done."""
    if row.figure not in ("rate", "seconds"):
        return row
    bounds = tuple(replace(b, least=False, times=1 / b.times) if b.least else b for b in row.bounds)
    title = row.title.replace("/s", "")  # a thing each, not things a second
    return replace(row, title=title, figure="us", unit="us", bounds=bounds)


def _least(times: float, label: str | None = None, case: str | None = None) -> Bound:
    return Bound(True, times, label, case)


def _most(times: float, label: str | None = None) -> Bound:
    return Bound(False, times, label)


def _rate(title: str, case: str, ceiling: str, *bounds: Bound) -> Row:
    return Row(title, case, "rate", "/s", bounds, ceiling)


def _sync(title: str, case: str, ours: str = OURS) -> Row:
    bounds = (_most(1 / 3, AIOKATCP), _most(1 / 40, REFERENCE))
    return Row(title, case, "seconds", "s", bounds, "bare", ours)


def _holds(what: str, case: str, ours: str = OURS) -> tuple[Row, Row]:
    """Give the rows of what holds the loop, and of what the garbage collector does."""
    held, pause = f"loop held, {what}", f"pause for garbage, {what}"
    return (
        Row(held, case, "hold_cpu", "ms", (_most(30),), ours=ours, worst=True),
        Row(pause, case, "pause", "ms", ours=ours, worst=True),
    )


def _exact(title: str, case: str, figure: str, unit: str, most: float) -> Row:
    return Row(title, case, figure, unit, (_most(most),), worst=True)


ROWS = (
    _rate("updates/s, 1 sensor an inform, a listener each", "updates-1", "eager",
          _least(8, AIOKATCP), _least(0.7, "eager")),
    _rate("- no listener", "updates-1-silent", "lazy", _least(12, AIOKATCP), _least(0.5, "lazy")),
    _rate("updates/s, 50 sensors an inform, a listener each", "updates-50", "eager",
          _least(4, AIOKATCP), _least(0.65, "eager")),
    _sync("connect, sync and sample 10 000 sensors", "sync-10000"),
    _sync("- strategies set before start", "sync-10000", EARLY),
    _sync("connect, sync and sample 50 000 sensors", "sync-50000"),
    _sync("- strategies set before start", "sync-50000", EARLY),
    _rate("- sensors/s", "sync-50000", "bare", _least(1 / 1.2, OURS, "sync-1000")),
    Row("- memory a sensor", "sync-50000", "bytes", "B", (_most(1300),), "bare"),
    Row("64 connections of 500 sensors, synced and sampled", "many", "seconds", "s",
        (_most(1 / 3, AIOKATCP),), "bare"),
    _rate("requests/s one after another, on one core", "serial", "bare",
          _least(1, AIOKATCP), _least(0.75, "bare")),
    _rate("requests/s, 20 000 in flight, on two cores", "pipelined", "bare", _least(3, AIOKATCP)),
    *_holds("syncing 50 000 sensors", "holds-50000"),
    *_holds("strategies set before start", "holds-50000", EARLY),
    *_holds("listing 50 000 once more", "relist"),
    *_holds("link to 50 000 lost, synced, stopped", "reconnect"),
    *_holds("syncing 64 devices of 500 sensors", "holds-many"),
    *_holds("taking updates", "holds-updates"),
    Row("syncing a million sensors", "holds-1000000", "seconds", "s"),
    Row("- memory a sensor", "holds-1000000", "bytes", "B"),
    *_holds("syncing a million sensors", "holds-1000000"),
    *_holds("strategies set before start", "holds-1000000", EARLY),
    _exact("CPU of an idle client, 50 000 sensors", "idle", "percent", "%", 0.5),
    _exact("- tasks", "idle", "tasks", "", 10),
    _exact("- timers", "idle", "timers", "", 10),
    _exact("sensors read again when one of 50 000 changed", "change", "listed", "", 1),
    _exact("a sensor of 64 x 1 000 read after a change", "container", "read", "ms", 1),
    _rate("updates/s that the server sends, 1 sensor an inform", "reader-1", "reader"),
    _rate("- 50 sensors an inform", "reader-50", "reader"),
)  # fmt: skip
