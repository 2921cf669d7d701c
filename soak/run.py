"""A long run: storms, in which anything happens, and calms, in which everything must be right."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from katcp.model import normalize_strategy_parameters

from .telescope import Telescope, Users
from .watch import Footprint, Holds, Leftovers, Log, Promises, Troubles, growth, leftovers

__all__ = ["Plan", "Soak"]

#: Seconds after the last fault within which all must be in step: a dead link is noticed once a bulk
#: request (20 s) and the keepalive have run out, and then comes a sync.
PROMISED = 40.0
#: Growth of the memory from the first calm to the last that is still flat: MiB, and a part of it.
FLAT_MIB, FLAT_PART = 8.0, 0.10
#: The same for the objects of one type.
FLAT_OBJECTS, FLAT_OBJECTS_PART = 500.0, 0.02
#: Seconds of CPU for which the loop may be held at most.
LONGEST_HOLD = 0.5
_ROOT = Path(__file__).parent.parent


@dataclass
class Plan:
    """What to run: how long, with how many devices, and how often to look."""

    minutes: float = 5.0
    seed: int = 0
    devices: int = 64
    storm: float = 45.0  # seconds between calms
    every: float = 8.0  # seconds between the faults of one device, on average
    users: int = 32


class World:
    """The process of the devices, from this side."""

    async def open(self, plan: Plan) -> list[int]:
        """Start it; gives the ports."""
        self._process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "soak.world"],
            *map(str, [plan.seed, plan.devices, plan.every]),
            stdin=-1, stdout=-1, limit=1 << 27, cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
        )  # fmt: skip
        ports: list[int] = await self.ask("open")
        return ports

    async def ask(self, what: str) -> Any:
        """Ask it for something; gives the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())

    async def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


@dataclass
class Soak:
    """One run.

    Attributes
    ----------
    troubles
        The checks that failed.
    """

    plan: Plan
    troubles: Troubles = field(default_factory=Troubles)
    footprints: list[Footprint] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)  # seconds that each calm took
    tokens: Counter[str] = field(default_factory=Counter)

    async def run(self) -> dict[str, Any]:
        """Run; gives the figures."""
        self._world, self._holds = World(), Holds()
        with Log(self.troubles) as self._log:
            ports = await self._world.open(self.plan)
            try:
                return await self._run(ports)
            finally:
                await self._world.close()

    async def _run(self, ports: list[int]) -> dict[str, Any]:
        before = leftovers()
        cpu = time.process_time()
        await self._with_telescope(ports)
        cpu = time.process_time() - cpu
        await self._check_leftovers(before)
        self._check_flat()
        if self._holds.longest_cpu > LONGEST_HOLD:
            self.troubles.add("the loop was held", "", f"{self._holds.longest_cpu:.3f} s of CPU")
        return self._figures(await self._world.ask("figures"), cpu)

    async def _with_telescope(self, ports: list[int]) -> None:
        self._telescope = Telescope(ports)
        self._promises = Promises(self.troubles)
        self._users = Users(self._telescope, self.plan.seed, self.troubles, self._promises)
        tasks = [asyncio.create_task(self._users.run()) for _ in range(self.plan.users)]
        tasks += [asyncio.create_task(watch.run()) for watch in (self._promises, self._holds)]
        self._telescope.start()
        try:
            await self._storms()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._sensors = len(self._telescope.sensor)
            await self._telescope.stop()
            self._counts = self._telescope.counts + self._users.counts
            del self._telescope, self._users, self._promises

    async def _storms(self) -> None:
        end = self.troubles.began + 60 * self.plan.minutes
        await self._calm()
        while True:
            await self._world.ask("storm")
            self._users.go()
            self._holds.paused = False
            await asyncio.sleep(self.plan.storm)
            await self._calm()
            self._say()
            if time.monotonic() + self.plan.storm / 2 > end:
                return

    # -- a calm

    async def _calm(self) -> None:
        await self._world.ask("calm")
        self._holds.paused = True  # what holds the loop now is us
        began = time.monotonic()
        await self._users.hold()
        truth = await self._world.ask("truth")
        await self._until_in_step(truth, began)
        self.settled.append(time.monotonic() - began)
        self._check_requests(truth)
        await self._world.ask("complete")
        await self._until_in_step(await self._world.ask("truth"), time.monotonic())
        self.footprints.append(Footprint.now())

    async def _until_in_step(self, truth: list[dict[str, Any]], began: float) -> None:
        left = dict(enumerate(truth))
        repeated = False
        while left:
            for number, now in enumerate(await self._world.ask("in_force")):
                truth[number] |= now
            if not repeated and self._telescope.synced:
                repeated = True
                await self._users.repeat()
                continue
            wrong = {number: self._differences(number, there) for number, there in left.items()}
            left = {number: there for number, there in left.items() if wrong[number]}
            if left and time.monotonic() - began > PROMISED:
                for number, there in left.items():
                    child = self._telescope.child(f"dev-{number}")
                    text = "; ".join([*wrong[number][:8], str(child and child.last_error)])
                    text += f"; {there['history']}"
                    self.troubles.add("not in step", f"dev-{number}", text)
                return
            if left:
                await asyncio.sleep(0.2)
        for what in self._telescope.differences():
            self.troubles.add("container", "", what)

    def _differences(self, number: int, truth: dict[str, Any]) -> list[str]:
        """Say in what a child is not as its device."""
        child = self._telescope.child(f"dev-{number}")
        if child is None or not child.synced:
            return [f"is {child.state}{child.why()}" if child is not None else "not there"]
        wrong = []
        if truth["links"] != 1:
            wrong.append(f"has {truth['links']} connections")
        sensors = {sensor.name: sensor for sensor in child.sensor.values()}
        wrong += _set_difference("sensors", set(sensors), set(truth["sensors"]))
        requests = {request.name: request for request in child.req.values()}
        wrong += _set_difference("requests", set(requests), set(truth["requests"]))
        for name in requests.keys() & truth["requests"].keys():
            if requests[name].description != truth["requests"][name]:
                wrong.append(f"?{name} is described as {requests[name].description!r}")
        for name in sensors.keys() & truth["sensors"].keys():
            wrong += _sensor_differences(sensors[name], truth["sensors"][name], truth["strategies"])
        return wrong

    def _check_requests(self, truth: list[dict[str, Any]]) -> None:
        for (device, token), outcome in self._users.sent.items():
            there = truth[self._telescope.places[device]]
            times = there["tokens"].pop(token, 0)
            wrong = ""
            if times > 1 and token not in there["repeated"]:
                wrong = f"came {times} times"
            elif times and outcome == "not sent":
                wrong = "came, though the client says that it was not sent"
            elif not times and outcome.startswith("ok") and not there["lossy"]:
                wrong = "did not come, though it succeeded"
            elif outcome.startswith(("of another", "incomplete")) and not there["lossy"]:
                wrong = f"reply was {outcome}"
            if wrong:
                self.troubles.add("request", device, f"{token} {wrong}")
        self._users.sent.clear()

    # -- the end

    async def _check_leftovers(self, before: Leftovers) -> None:
        for _ in range(5):
            await asyncio.sleep(0.05)
        for kind, more in leftovers().beside(before).items():
            self.troubles.add(f"{kind} are left", "", str(more))

    def _check_flat(self) -> None:
        steady = self.footprints[1:]  # the first is before anything happened
        if len(steady) < 3:
            return
        self._check_growth("MiB", [f.mib for f in steady], FLAT_MIB, FLAT_PART)
        for type in set().union(*(f.objects for f in steady)):
            counts = [float(f.objects[type]) for f in steady]
            self._check_growth(type, counts, FLAT_OBJECTS, FLAT_OBJECTS_PART)

    def _check_growth(self, what: str, values: list[float], most: float, part: float) -> None:
        grown = growth(values)
        if grown > max(most, part * values[0]):
            self.troubles.add("not flat", "", f"{what} grew by {grown:.0f}: {values}")

    def _say(self) -> None:
        counts = self._users.counts
        seconds = time.monotonic() - self.troubles.began
        print(
            f"{seconds:6.0f} s  in step after {self.settled[-1]:.1f} s,"
            f" {self._telescope.counts['synced']} syncs, {counts['requests']} requests,"
            f" {self._telescope.counts['updates']} updates,"
            f" {self.footprints[-1].mib:.0f} MiB, {self.footprints[-1].total} objects,"
            f" held {self._holds.longest_cpu:.3f} s,"
            f" {len(self.troubles)} checks failed",
            flush=True,
        )

    def _figures(self, world: dict[str, Any], cpu: float) -> dict[str, Any]:
        counts = self._counts
        seconds = time.monotonic() - self.troubles.began
        first, last = self.footprints[min(1, len(self.footprints) - 1)], self.footprints[-1]
        return {
            "seed": self.plan.seed,
            "devices": self.plan.devices,
            "sensors": self._sensors,
            "minutes": round(seconds / 60, 1),
            "CPU of the client, part of a core": round(cpu / seconds, 2),
            "faults": sum(n for kind, n in world["kinds"].items() if "made good" not in kind),
            "faults by kind": world["kinds"],
            "injected by proxies": world["injected"],
            "connections lost": counts["disconnected"],
            "syncs": counts["synced"],
            "calms": len(self.settled),
            "seconds until in step, longest": round(max(self.settled), 1),
            "requests": counts["requests"],
            "requests ok": counts["ok"],
            "requests failed": counts["failed"],
            "requests of unknown effect": counts["unknown"],
            "requests not sent": counts["not sent"],
            "replies of another or incomplete": counts["of another"] + counts["incomplete"],
            "updates": counts["updates"],
            "items of iterators": counts["items read"],
            "lines logged": self._log.lines,
            "longest hold, s of CPU": round(self._holds.longest_cpu, 3),
            "longest hold, s": round(self._holds.longest, 3),
            "MiB, first and last": [round(first.mib, 1), round(last.mib, 1)],
            "objects, first and last": [first.total, last.total],
            "checks failed": [str(trouble) for trouble in self.troubles],
        }


def _set_difference(what: str, has: set[str], there: set[str]) -> list[str]:
    wrong = []
    if there - has:
        wrong.append(f"lacks {what} {sorted(there - has)[:5]}")
    if has - there:
        wrong.append(f"has {what} {sorted(has - there)[:5]} that are no more")
    return wrong


def _sensor_differences(
    sensor: Any, truth: list[str], strategies: dict[str, list[str]]
) -> list[str]:
    type, description, value = truth
    in_force = normalize_strategy_parameters(strategies.get(sensor.name, ("none",)))
    shown = sensor.sampling_strategy
    if (sensor.type, sensor.description) != (type, description):
        return [f"{sensor.name} is {sensor.type} {sensor.description!r}, not {truth}"]
    if shown != in_force:
        return [f"{sensor.name} has strategy {shown}, in force is {in_force}"]
    if sensor.name.startswith("kept") and not sensor.name.endswith(".no") and shown != ("event",):
        return [f"{sensor.name} has strategy {shown}"]
    if shown == ("none",):
        return []
    if sensor.stale:
        return [f"{sensor.name} is stale"]
    if sensor.value != sensor.parse_value(value.encode()):
        return [f"{sensor.name} is {sensor.value!r}, not {value!r}"]
    return []
