"""`Learner`: watches a device, and says what it is like."""

import asyncio
from collections.abc import Sequence
from typing import Any

from ..model import STATUS_NAMES, Interface, SensorDescription
from ..resource_client import KATCPClientResource
from ..wire import Message, brief, decode_text, decode_timestamp, encode_text
from ._likeness import BUILT_IN, Answer, Likeness
from ._motions import Constant, Motion, Reading
from ._track import Track

__all__ = ["Learner"]

_BANNER = ("version-connect", "version", "build-state")
_NOTHING = {"integer": "0", "float": "0.0", "boolean": "0", "lru": "nominal", "timestamp": "0",
            "address": "127.0.0.1"}  # fmt: skip
_PATIENCE = 20.0  # seconds of silence


class Learner:
    """Hears what a device says, and gives its likeness.

    Parameters
    ----------
    device
        A resource that is not started yet.

    Attributes
    ----------
    device : KATCPClientResource
        That resource.
    notes : list of str
        What whoever uses the likeness should know.
    readings : int
        How many were heard.
    """

    def __init__(self, device: KATCPClientResource) -> None:
        self.notes: list[str] = []
        self.readings = 0
        self.device = device
        self._versions: dict[str, tuple[str, ...]] = {}
        self._tracks: dict[str, tuple[Any, Track]] = {}  # beside the object of the sensor
        self._followed: set[str] = set()  # whose strategy was followed by a reading
        self._first_status = True
        self._at_first: Interface | None = None
        make = device.inspecting_client_factory

        def factory(host: str, port: int | str, ioloop_set_to: Any) -> Any:
            client = make(host, port, ioloop_set_to)
            for name in _BANNER:
                client.katcp_client.hook_inform(name, self._on_banner)
            for name in ("sensor-status", "sensor-value"):
                client.katcp_client.hook_inform(name, self._on_reading)
            return client

        device.inspecting_client_factory = factory  # type: ignore[method-assign]

    @property
    def name(self) -> str:
        """Name of the device."""
        return self.device.name

    @property
    def moving(self) -> int:
        """How many of the sensors that there are have moved so far."""
        there = self._client.get_sensor
        known = self._tracks.items()
        return sum(track.changes > 0 for name, (its, track) in known if there(name) is its)

    async def begin(self, strategy: str) -> None:
        """Ask for all values, and have all sensors sampled, with few requests."""
        self._at_first = at_first = self.device.interface
        await self._ask_values()
        self._followed = set()
        results = await self.device.set_sampling_strategies("", strategy)
        followed = self._followed & at_first.sensors.keys()
        refused = [name for name, (success, _) in results.items() if not success]
        self._first_status = 2 * len(followed) >= len(results) - len(refused)
        reached = {sensor.name for sensor in dict.values(self.device.sensor)}
        for name in at_first.sensors.keys() - reached:  # with the Python identifier of another
            words = (encode_text(name), strategy)
            reply, _ = await self._client.simple_request("sensor-sampling", *words)
            refused += [name] * (not reply.reply_ok())
        if refused:
            self.notes.append(
                f"{len(refused)} sensors refuse strategy {strategy}, among them {refused[0]}; "
                "what they were at the beginning and at the end is all that is known"
            )

    async def finish(self, timeout: float) -> Likeness:
        """Ask for all values again, and say what the device is like.

        What is in the way, within so many seconds, is noted.
        """
        try:
            await self.device.until_synced(timeout)
        except TimeoutError as exc:
            self.notes.append(f"the end was not seen: {exc}")
        else:
            await self._ask_values()
        return self.likeness(asyncio.get_running_loop().time())

    def likeness(self, now: float) -> Likeness:
        """Say what the device is like, as far as it was heard until `now`, as `heard` counts time."""
        interface = self.device.interface
        self._note_changes(interface)
        seen = {name: self._motion(sensor, now) for name, sensor in interface.sensors.items()}
        unread = sorted(name for name, motion in seen.items() if motion is None)
        if unread:
            self.notes.append(
                f"{len(unread)} of {len(seen)} sensors gave no reading, among them {unread[0]}; "
                "the file has them with status unknown"
            )
        motions = {name: seen[name] or _unknown(s) for name, s in interface.sensors.items()}
        answers = {name: Answer() for name in interface.requests if name not in BUILT_IN}
        return Likeness(interface, motions, dict(self._versions), self._first_status, answers)

    def heard(self, words: Sequence[bytes], when: float) -> None:
        """Take the arguments of a ``#sensor-status`` or ``#sensor-value``, heard at `when`."""
        try:
            timestamp = decode_timestamp(words[0], self._major)
        except (IndexError, ValueError):
            return  # the client complains of it
        for i in range(2, len(words) - 2, 3):
            name, status, value = map(decode_text, words[i : i + 3])
            if self._client.get_sensor(name) is not None and status in STATUS_NAMES:
                self.readings += 1
                self._track(name).heard(Reading(value, status), when, timestamp)

    def _track(self, name: str) -> Track:
        """Give what is known of a sensor since it is described as it is now."""
        sensor = self._client.get_sensor(name)
        known, track = self._tracks.get(name, (None, None))
        if track is None or known is not sensor:
            track = Track(sensor.type, self._major)
            self._tracks[name] = (sensor, track)
        return track

    @property
    def _client(self) -> Any:
        return self.device._client()

    @property
    def _major(self) -> int:
        flags = self._client.katcp_client.protocol_flags
        return flags.major if flags is not None else 5

    async def _ask_values(self) -> None:
        request = Message.request("sensor-value")
        reply, _ = await self._client.katcp_client.future_request(
            request, timeout=_PATIENCE, silence=True, on_words=lambda _: None
        )
        if not reply.reply_ok():
            self.notes.append(f"?sensor-value is answered by {brief(str(reply), 200)}")

    def _motion(self, sensor: SensorDescription, now: float) -> Motion | None:
        track = self._track(sensor.name)
        if track.last is None:
            return None
        track.finish(now)
        return track.motion()

    def _note_changes(self, now: Interface) -> None:
        then = self._at_first or now
        both: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("sensors", then.sensors, now.sensors),
            ("requests", then.requests, now.requests),
        ]
        for kind, old, new in both:
            if old != new:
                changed = sum(old[name] != new[name] for name in old.keys() & new.keys())
                self.notes.append(
                    f"the {kind} changed meanwhile ({len(new.keys() - old.keys())} came, "
                    f"{len(old.keys() - new.keys())} went, {changed} are described otherwise); "
                    "the file has them as they were at the end"
                )

    def _on_reading(self, message: Message) -> None:
        if message.name == "sensor-status":
            self._followed.update(map(decode_text, message.arguments[2::3]))
        self.heard(message.arguments, asyncio.get_running_loop().time())

    def _on_banner(self, message: Message) -> None:
        words = tuple(map(decode_text, message.arguments))
        if message.name != "version-connect":
            self._versions[message.name] = words
        elif words and words[0] != "katcp-protocol":
            self._versions[words[0]] = words[1:]


def _unknown(sensor: SensorDescription) -> Motion:
    first_option = decode_text(sensor.params[0]) if sensor.type == "discrete" else ""
    return Constant(_NOTHING.get(sensor.type, first_option), "unknown")
