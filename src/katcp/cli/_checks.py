"""What ``katcp doctor`` looks at in a device that is synced; nothing that changes the device."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ..model import escape_name
from ..resource_client import KATCPClientResource
from ..wire import LocalReply, Message, brief, decode_text
from ._finding import Finding, few

__all__ = [
    "colliding_names",
    "first_statuses",
    "latency",
    "protocol",
    "readings",
    "slow_requests",
]

_PINGS = 5
_HIGH = 0.2  # seconds of a latency that is felt
_SLOW = 1.0  # seconds of a request that is
_ASKED = ("help", "sensor-list", "sensor-value", "version-list", "client-list")
_REQUIRED = ("help", "sensor-list", "sensor-sampling", "sensor-value", "watchdog")
_MOST_SAMPLED = 200  # sensors whose first status is looked for
_PATIENCE = 1.0  # seconds for it to come after the reply
_AHEAD = 2.0  # seconds that a clock may be
_LONG_AGO = 946684800.0  # 2000-01-01
_BAD = ("warn", "error", "failure", "unreachable")


def protocol(device: KATCPClientResource) -> Iterator[Finding]:
    """Look at what the device says it speaks."""
    flags = device._client().katcp_client.protocol_flags
    assert flags is not None  # it is synced
    if flags.major < 5:
        yield Finding(
            "note",
            "protocol",
            f"{flags}: times are milliseconds, and replies have no message ids, so a late one may "
            "be taken for that to the next request of its name",
        )
    elif not flags.message_ids:
        yield Finding(
            "warning",
            "protocol",
            f"{flags} has no message ids (flag I): a late reply may be taken for another",
            "have the device say so if it knows them",
        )
    else:
        yield Finding("ok", "protocol", str(flags))


async def latency(device: KATCPClientResource, timeout: float) -> AsyncIterator[Finding]:
    """Look at how long an answer takes that needs no work."""
    times: list[float] = []
    refused = ""
    for _ in range(_PINGS):
        seconds, reply = await _timed(device, "watchdog", timeout)
        if isinstance(reply, LocalReply):
            what = f"no answer to ?watchdog in {timeout:g} s, after {len(times)} that came"
            yield Finding("problem", "latency", what, "the device hangs, or the link does")
            return
        if not reply.reply_ok():
            refused = f"?watchdog is answered by {brief(str(reply), 200)}"
        times.append(seconds)
    if refused:
        yield Finding("warning", "latency", refused, "every device should have that request")
    median, worst = statistics.median(times), max(times)
    what = f"?watchdog is answered in {_ms(median)}, at worst {_ms(worst)} of {_PINGS}"
    slow = median > _HIGH or worst > 5 * _HIGH
    todo = "a slow network, or a busy device" if slow else ""
    yield Finding("warning" if slow else "ok", "latency", what, todo)


async def slow_requests(device: KATCPClientResource, timeout: float) -> AsyncIterator[Finding]:
    """Look at how long those requests take that only ask, and what the device says of others."""
    there = set(device._client().requests)
    lacking = [f"?{name}" for name in _REQUIRED if name not in there]
    if lacking:
        what = f"?help does not list {few(lacking)}"
        yield Finding("warning", "requests", what, "every device should have these")
    slow = False
    for name in _ASKED:
        if name not in there:
            continue
        seconds, reply = await _timed(device, name, timeout)
        if not reply.reply_ok():
            what = f"?{name} fails: {brief(str(reply), 200)}"
            yield Finding("problem", "requests", what, "every device must answer that")
        elif seconds > _SLOW:
            slow = True
            yield Finding("warning", "requests", f"?{name} takes {seconds:.1f} s")
    if not slow:
        yield Finding("ok", "requests", f"{few([f'?{n}' for n in _ASKED if n in there])} are quick")
    requests: Any = dict.values(device.req)
    long = [f"{r.name} {r.timeout_hint:g} s" for r in requests if (r.timeout_hint or 0) > 5]
    if long:
        yield Finding("note", "requests", f"said by the device to take long: {few(sorted(long))}")


async def readings(device: KATCPClientResource, timeout: float) -> AsyncIterator[Finding]:
    """Look at the values, statuses and times, which `slow_requests` has asked for."""
    sensors: Any = list(dict.values(device.sensor))
    read = [s for s in sensors if s.reading.received_timestamp]
    unread = sorted(s.name for s in sensors if not s.reading.received_timestamp)
    if unread:
        yield Finding(
            "problem",
            "readings",
            f"{len(unread)} of {len(sensors)} sensors give no reading that can be understood: "
            f"{few(unread)}",
            f"look at katcp req {device.address_string} sensor-value {brief(unread[0], 200)}",
        )
    elif sensors:
        yield Finding("ok", "readings", f"all {len(sensors)} sensors can be read")
    bad = sorted(f"{s.name} ({s.status})" for s in read if s.status in _BAD)
    if bad:
        what = f"sensors that are not well, as the device says: {few(bad)}"
        yield Finding("note", "status", what)
    for finding in _clock([s.reading for s in read]):
        yield finding


def _clock(found: list[Any]) -> Iterator[Finding]:
    if not found:
        return
    newest = max(reading.timestamp for reading in found)
    ahead = max(reading.timestamp - reading.received_timestamp for reading in found)
    if ahead > _AHEAD:
        what = f"timestamps of the device are up to {ahead:.1f} s in the future"
        yield Finding("warning", "clock", what, "set the clock of the device, or of this machine")
    elif newest < _LONG_AGO:
        when = time.strftime("%Y-%m-%d", time.gmtime(newest))
        yield Finding(
            "warning",
            "clock",
            f"the newest timestamp is of {when}",
            "its clock is not set, or it gives seconds where its protocol has milliseconds",
        )


async def first_statuses(device: KATCPClientResource, timeout: float) -> AsyncIterator[Finding]:
    """Look whether setting a strategy sends the present status, as the protocol has it."""
    client, came = device._client(), asyncio.Queue[str]()
    client.katcp_client.hook_inform("sensor-status", lambda inform: _note(came, inform))
    chosen = sorted(dict.keys(device.sensor))[:_MOST_SAMPLED]
    results = await device.set_strategy_of(chosen, "event")
    refused = sorted(name for name, (success, _) in results.items() if not success)
    if refused:
        why = brief(str(results[refused[0]][1][1]), 200)
        what = f"{len(refused)} sensors refuse strategy event: {few(refused)}: {why}"
        yield Finding("problem", "sampling", what, "they can be polled only")
    missing = {dict.__getitem__(device.sensor, name).name for name in chosen} - set(refused)
    try:
        async with asyncio.timeout(_PATIENCE):
            while missing:
                missing.discard(await came.get())
    except TimeoutError:
        yield Finding(
            "warning",
            "sampling",
            f"no first #sensor-status after ?sensor-sampling: {few(sorted(missing))}",
            "this client asks for the value then; others may wait for ever",
        )
    else:
        if not refused and chosen:
            yield Finding("ok", "sampling", "a strategy sends the present status")


def colliding_names(device: KATCPClientResource) -> Iterator[Finding]:
    """Look for names that are one Python identifier, of which one cannot be reached by it."""
    client = device._client()
    for kind, names in (("sensors", client.sensors), ("requests", client.requests)):
        identifiers = Counter(map(escape_name, names))
        for identifier in sorted(i for i, count in identifiers.items() if count > 1):
            same = sorted(name for name in names if escape_name(name) == identifier)
            what = f"{kind} {few(same)} are all {brief(identifier, 200)} in Python"
            yield Finding("problem", "names", what, "rename all but one; only one can be reached")


def _note(came: "asyncio.Queue[str]", inform: Message) -> None:
    for name in inform.arguments[2::3]:
        came.put_nowait(decode_text(name))


async def _timed(
    device: KATCPClientResource, request: str, timeout: float
) -> tuple[float, Message]:
    began = time.perf_counter()
    reply, _ = await device._client().simple_request(request, timeout=timeout)
    return time.perf_counter() - began, reply


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
