"""`Interface`: what a device offers, as a whole, to be written down and compared."""

from typing import Any, NamedTuple

from ..wire import decode_text, encode_text
from ._device import Request, SensorDescription

__all__ = ["Interface"]


class Interface(NamedTuple):
    """The requests and sensors of a device, by name; `protocol` as it announces it, ``5.1-MIBT``."""

    name: str
    protocol: str
    requests: dict[str, Request]
    sensors: dict[str, SensorDescription]

    def plain(self) -> dict[str, Any]:
        """Give it as what JSON and TOML have: dicts, lists, text and numbers, sorted by name.

        A byte that is no UTF-8 is a surrogate in the text (PEP 383).
        """
        return {
            "name": self.name,
            "protocol": self.protocol,
            "request": {name: _plain_request(r) for name, r in sorted(self.requests.items())},
            "sensor": {name: _plain_sensor(s) for name, s in sorted(self.sensors.items())},
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Interface":
        """Give the interface that `plain` was made from; keys that are not known are left alone.

        Raises
        ------
        ValueError
            If something is missing or is of another type; says what, and where.
        """
        return cls(
            _text(plain, "name", ""),
            _text(plain, "protocol", ""),
            {name: _request(name, d) for name, d in _tables(plain, "request")},
            {name: _sensor(name, d) for name, d in _tables(plain, "sensor")},
        )


def _plain_request(request: Request) -> dict[str, Any]:
    plain: dict[str, Any] = {"help": request.description}
    if request.timeout_hint is not None:
        plain["timeout_hint"] = request.timeout_hint
    return plain


def _plain_sensor(sensor: SensorDescription) -> dict[str, Any]:
    plain: dict[str, Any] = {"description": sensor.description, "type": sensor.type}
    if sensor.units:
        plain["units"] = sensor.units
    if sensor.params:
        plain["params"] = [decode_text(param) for param in sensor.params]
    return plain


def _request(name: str, plain: dict[str, Any]) -> Request:
    where = f" of request {name}"
    hint = plain.get("timeout_hint")
    if hint is not None and not isinstance(hint, (int, float)):
        raise ValueError(f"timeout_hint{where} must be a number of seconds, not {hint!r}")
    return Request(name, _text(plain, "help", where), hint)


def _sensor(name: str, plain: dict[str, Any]) -> SensorDescription:
    where = f" of sensor {name}"
    params = plain.get("params", [])
    if not isinstance(params, list) or not all(isinstance(param, str) for param in params):
        raise ValueError(f"params{where} must be a list of text, not {params!r}")
    return SensorDescription(
        name,
        _text(plain, "description", where),
        _text({"units": "", **plain}, "units", where),
        _text(plain, "type", where),
        tuple(map(encode_text, params)),
    )


def _text(plain: dict[str, Any], key: str, where: str) -> str:
    value = plain.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key}{where} must be text, not {value!r}")
    return value


def _tables(plain: dict[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    tables = plain.get(key, {})
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise ValueError(f"{key} must be a table of tables by name")
    return list(tables.items())
