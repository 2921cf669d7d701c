"""``katcp doctor``: what is wrong with a device, or with the link to it."""

import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import TimeoutError
from ..resource_client import KATCPClientResource
from ..wire import brief
from ._checks import colliding_names, first_statuses, latency, protocol, readings, slow_requests
from ._finding import Finding, show_finding
from ._target import devices_of, open_target

__all__ = ["doctor"]

_LONG = 5.0  # seconds for a sync that is slow
_MISTAKES = {  # how the complaints of the client begin -> how bad that is, and what to do
    "description left out": ("problem", "the item cannot be used; its description is to be mended"),
    "sensor description with a mistake": ("warning", "the description is to be mended"),
    "time-out hint left out": ("warning", ""),
    "line that cannot be used": ("problem", "the device, or something between, breaks lines"),
    "wrong number of": ("warning", "a line got lost, or the device cannot count"),
    "reply that nothing waits for": ("warning", "a late reply, or one with a wrong message id"),
}
_LOOKED_AT = ("are both", "not read yet", "sampling strategy")  # complaints that checks are of


async def doctor(where: str, timeout: float, as_json: bool) -> bool:
    """Examine a device, or all of a telescope; False if there is a problem."""
    worst = set[str]()
    target = open_target(where)
    devices = devices_of(target)
    for name, device in devices.items():
        if len(devices) > 1 and not as_json:
            print(f"--- {brief(name)} at {device.address_string}")
        async for finding in _examine(device, timeout):
            worst.add(finding.level)
            show_finding(name, finding, as_json)
    return "problem" not in worst


async def _examine(device: KATCPClientResource, timeout: float) -> AsyncIterator[Finding]:
    with _complaints() as complaints:
        began, started = time.time(), time.monotonic()
        device.start()
        try:
            try:
                await device.until_synced(timeout)
            except TimeoutError:
                yield _not_synced(device, timeout)
                for finding in _said(complaints, only_mistakes=True):
                    yield finding
                return
            for finding in _link(device, began, time.monotonic() - started):
                yield finding
            for check in (latency, slow_requests, readings, first_statuses):
                async for finding in check(device, timeout):
                    yield finding
            for finding in colliding_names(device):
                yield finding
            for finding in _said(complaints):
                yield finding
            if not device.synced:
                yield Finding("problem", "link", f"was lost meanwhile{device.why()}")
        finally:
            await device.stop()


def _link(device: KATCPClientResource, began: float, took: float) -> Iterator[Finding]:
    connected = device.last_connect_time
    tcp = f"connected in {1000 * max(0.0, connected - began):.0f} ms, " if connected else ""
    client = device._client()
    there = f"{len(client.sensors)} sensors, {len(client.requests)} requests"
    yield Finding("ok", "link", f"{device.address_string}: {tcp}synced in {took:.2f} s; {there}")
    if took > _LONG:
        yield Finding(
            "warning", "link", f"syncing took {took:.1f} s", "see the slow requests, if any"
        )
    yield from protocol(device)


def _not_synced(device: KATCPClientResource, timeout: float) -> Finding:
    error, phase = device.last_error, device.phase
    what = f"{device.address_string}: not synced after {timeout:g} s, in phase {phase!r}"
    if error is not None:
        what += f"; last error: {error.what}"
    if device.last_connect_time is None:
        return Finding("problem", "link", what, "check host, port, cable and firewall")
    if phase == "protocol":
        todo = "is it a KATCP device? if so set preset_protocol_flags in a telescope file"
        return Finding("problem", "protocol", f"{what}; it does not say what it speaks", todo)
    todo = "it listens but does not answer as it should; restart it, or give more --timeout"
    return Finding("problem", "sync", what, todo)


@contextmanager
def _complaints() -> Iterator[list[logging.LogRecord]]:
    """Collect what the client says of the device in the log."""
    records: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger, handler = logging.getLogger("katcp"), Collector(logging.WARNING)
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)  # commands show errors only
    logger.propagate = False
    try:
        yield records
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _said(records: list[Any], only_mistakes: bool = False) -> Iterator[Finding]:
    """Give what the client complained of; that there is no link is known when there is none."""
    for record in records:
        text = record.getMessage()
        if any(words in text for words in _LOOKED_AT):
            continue
        for begin, (level, todo) in _MISTAKES.items():
            if begin in text:
                check = "descriptions" if "escription" in begin else "said"
                yield Finding(level, check, text, todo)
                break
        else:
            if not only_mistakes:
                yield Finding("warning", "said", text)
