"""``katcp mimic``: what a device is like, into a file; ``katcp sim FILE``: a device of such a file."""

import asyncio
import os
import time
from pathlib import Path

from ..errors import KATCPResourceError
from ..mimic import (
    Learner,
    Likeness,
    MimicDevice,
    learn_recorded,
    read_likeness,
    text_of,
)
from ..resource_client import KATCPClientResource
from ._exit import fail, warn
from ._progress import progress
from ._served import serve_until_signalled
from ._show import json_line
from ._target import Target, connected, names_of
from ._whole_file import check_free, put_whole
from .interface._read import interfaces_of

__all__ = ["mimic", "serve_mimic"]

_PAUSE = 0.5  # seconds between what is shown


async def mimic(
    where: str, output: Path, strategy: str, duration: float, force: bool, timeout: float,
    as_json: bool,
) -> None:  # fmt: skip
    """Learn a device for `duration` seconds; Ctrl-C ends it sooner, and all is kept."""
    _check_free(output, force)
    if where.endswith(".jsonl"):
        learner, likeness = await learn_recorded(Path(where), timeout)
        _say(output, learner, likeness, as_json)
        return
    learners: list[Learner] = []
    async with connected(where, timeout, before=lambda t: learners.append(_learner(where, t))):
        (learner,) = learners
        try:
            await learner.begin(strategy)
            await _watch(learner, duration)
            likeness = await learner.finish(timeout)
            await _explain(learner, likeness)
        except asyncio.CancelledError:
            now = asyncio.get_running_loop().time()
            warn(f"stopped; {_write(output, learner, learner.likeness(now))}")
            raise
        _say(output, learner, likeness, as_json)


async def _explain(learner: Learner, likeness: Likeness) -> None:
    """Take the whole help of requests of which the device lists a part."""
    try:
        (whole,) = (await interfaces_of(learner.device)).values()
    except KATCPResourceError as exc:
        learner.notes.append(f"its help may be more than what it lists: {exc}")
        return
    for name, request in likeness.interface.requests.items():
        explained = whole.requests.get(name, request).description
        if explained != request.description:
            likeness.explained[name] = explained


def _check_free(output: Path, force: bool) -> None:
    """Raise ValueError if there is a file already, or can be none."""
    check_free(output, force)
    if not os.access(output.parent, os.W_OK):
        raise ValueError(f"cannot write {output}: {output.parent} is no folder to write to")


def _learner(where: str, target: Target) -> Learner:
    if not isinstance(target, KATCPClientResource):
        there = ", ".join(names_of(target)[:12])
        raise ValueError(f"{where} is more than one device; give {where}:DEVICE, of {there}")
    return Learner(target)


async def _watch(learner: Learner, duration: float) -> None:
    end = time.monotonic() + duration
    async with progress(duration) as show:
        while (left := end - time.monotonic()) > 0:
            show(f"{learner.readings} readings, {learner.moving} sensors move")
            await asyncio.sleep(min(_PAUSE, left))


def _write(output: Path, learner: Learner, likeness: Likeness) -> str:
    """Put the file in its place, whole; give what is in it. What is to be known is said."""
    try:
        put_whole(output, text_of(likeness).encode())
    except OSError as exc:
        fail(f"cannot write {output}: {exc.strerror or exc}")
    for note in learner.notes:
        warn(f"{learner.name}: {note}")
    sensors, requests = likeness.interface.sensors, likeness.interface.requests
    return (
        f"{len(sensors)} sensors ({learner.moving} move) and {len(requests)} requests in {output}; "
        f"katcp sim {output} serves it"
    )


def _say(output: Path, learner: Learner, likeness: Likeness, as_json: bool) -> None:
    said = _write(output, learner, likeness)
    if not as_json:
        print(said)
        return
    sensors, requests = likeness.interface.sensors, likeness.interface.requests
    json_line({"file": str(output), "sensors": len(sensors), "moving": learner.moving,
               "requests": len(requests), "readings": learner.readings,
               "notes": learner.notes})  # fmt: skip


async def serve_mimic(
    file: Path, host: str, port: int, seed: int | None, speed: float, as_json: bool
) -> None:
    """Serve what a file of ``katcp mimic`` describes; ends by a signal.

    Raises
    ------
    ValueError
        If the file is wrong.
    """
    device = MimicDevice(read_likeness(file), host=host, port=port, seed=seed, speed=speed)
    await serve_until_signalled(device, as_json)
