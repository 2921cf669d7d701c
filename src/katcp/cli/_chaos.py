"""A fault proxy on the command line."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..testing import FaultProxy, Faults, Lines
from ..wire import printable
from ._exit import fail
from ._session_file import SessionFile
from ._show import json_line, table
from ._target import parse_address

__all__ = ["Wanted", "chaos"]

_SHOWN = 100  # characters of a line
_TOO_OFTEN = {"delay", "throttle", "split", "swallow", "flood"}  # to be shown one by one


@dataclass
class Wanted:
    """The options, as the help of the command has them."""

    direction: str
    delay: float
    jitter: float
    throttle: float
    split: bool
    chunk: int
    swallow: str | None
    stall: str | None
    drop_reply: float
    drop_inform: float
    drop_request: float
    duplicate: float
    reorder: float
    hold: float
    corrupt: float
    merge: float
    garbage: float
    cut_mid_line: float
    flood: float
    flood_line: str
    accept_then_close: float
    cut_every: float
    end_every: float
    half_open_every: float
    stall_every: float
    refuse_every: float
    pause: float


async def chaos(
    listen: str,
    to: str,
    seed: int | None,
    wanted: Wanted,
    record: Path | None = None,
    as_json: bool = False,
) -> None:
    """Serve a `FaultProxy` until SIGINT or SIGTERM, and say what happens."""
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _end, ended)
    host, port = parse_address(listen, 0)
    proxy = FaultProxy(parse_address(to), host=host, port=port, seed=seed)
    _set_up(proxy, wanted)
    if record is not None:
        proxy.on_bytes = SessionFile(record, ended).add
    try:
        await proxy.listen()
    except OSError as exc:
        fail(f"cannot listen on {listen}: {exc.strerror}; give another --listen")
    async with proxy:
        if as_json:
            there = f"{host}:{proxy.address[1]}"
            json_line({"listening": there, "to": to, "seed": proxy.seed})
        else:
            print(f"listening {host}:{proxy.address[1]} to {to} seed {proxy.seed}", flush=True)
        proxy.on_event = lambda *event: _show(ended, as_json, *event)
        await _run_until(ended, proxy, wanted)
        proxy.on_event = lambda *event: None
    if as_json:
        json_line({"injected": dict(sorted(proxy.injected.items()))})
    else:
        table(["fault", "times"], sorted(proxy.injected.items()))


def _set_up(proxy: FaultProxy, wanted: Wanted) -> None:
    for faults in _faults(proxy, wanted.direction):
        faults.delay, faults.jitter = wanted.delay, wanted.jitter
        faults.throttle = wanted.throttle
        faults.split = 1 if wanted.split else wanted.chunk
    for faults in _faults(proxy, wanted.swallow):
        faults.swallow = True
    for faults in _faults(proxy, wanted.stall):
        faults.stall = True
    proxy.accept_then_close = wanted.accept_then_close
    proxy.to_device.drop = _some("?", wanted.drop_request)
    faults = proxy.to_client
    faults.drop = _some("!", wanted.drop_reply) + _some("#", wanted.drop_inform)
    faults.duplicate = _some("!", wanted.duplicate)
    faults.reorder, faults.hold = _some("!", wanted.reorder), wanted.hold
    faults.corrupt = _some("", wanted.corrupt)
    faults.merge = _some("", wanted.merge)
    faults.garbage = _some("", wanted.garbage)
    faults.cut_mid_line = _some("", wanted.cut_mid_line)
    faults.flood, faults.flood_line = wanted.flood, wanted.flood_line


def _faults(proxy: FaultProxy, direction: str | None) -> list[Faults]:
    match direction:
        case None:
            return []
        case "to-client":
            return [proxy.to_client]
        case "to-device":
            return [proxy.to_device]
        case _:
            return [proxy.to_client, proxy.to_device]


def _some(which: str, chance: float) -> list[Lines]:
    return [Lines(which, chance=chance)] if chance else []


async def _run_until(ended: "asyncio.Future[None]", proxy: FaultProxy, wanted: Wanted) -> None:
    async def stall() -> None:
        proxy.to_client.stall = True
        await asyncio.sleep(wanted.pause)
        proxy.to_client.stall = False

    async def refuse() -> None:
        await proxy.refuse()
        proxy.cut()
        await asyncio.sleep(wanted.pause)
        await proxy.listen()

    periods: list[tuple[float, Callable[[], Awaitable[None] | None]]] = [
        (wanted.cut_every, proxy.cut),
        (wanted.end_every, proxy.end),
        (wanted.half_open_every, proxy.half_open),
        (wanted.stall_every, stall),
        (wanted.refuse_every, refuse),
    ]
    tasks = [asyncio.create_task(_every(period, act)) for period, act in periods if period]
    try:
        done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
        done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(seconds: float, act: Callable[[], Awaitable[None] | None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        acting = act()
        if acting is not None:
            await acting


def _show(ended: "asyncio.Future[None]", as_json: bool, link: int, what: str, line: bytes) -> None:
    if what in _TOO_OFTEN or ended.done():
        return
    text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
    try:
        if as_json:
            json_line({"time": time.time(), "link": link or None, "event": what, "line": text})
            return
        words = [time.strftime("%H:%M:%S"), f"link {link}" if link else "", what, text[:_SHOWN]]
        print(printable(" ".join(word for word in words if word)), flush=True)
    except OSError as exc:  # whoever read has gone
        ended.set_exception(exc)


def _end(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)
