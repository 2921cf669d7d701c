"""A telescope from a TOML file: checked, and turned into the spec of a container."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import SpecError
from ..model import escape_name, parse_strategy_with_units
from ..wire import ProtocolFlags

__all__ = ["load"]


def load(path: Path) -> dict[str, Any]:
    """Read a file; give the ``resources_spec`` of a container.

    Raises
    ------
    SpecError
        If the file is wrong.
    OSError
        If it cannot be read.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SpecError(f"{path}: not TOML: {exc}") from None
    given.setdefault("name", path.stem)
    return _container(given, {}, _At(path, ()))


class _At:
    """A place in a file, for errors."""

    def __init__(self, path: Path, keys: tuple[str, ...]) -> None:
        self._path = path
        self._keys = keys

    def __truediv__(self, key: str) -> "_At":
        return _At(self._path, (*self._keys, key))

    def beside(self, name: str) -> Path:
        """Give the path of a file that is named in this one."""
        return self._path.parent / name

    def error(self, text: str) -> SpecError:
        where = ".".join(k if re.fullmatch(r"[\w-]+", k) else f'"{k}"' for k in self._keys)
        return SpecError(f"{self._path}: {where or 'at the top'}: {text}")


def _container(given: Mapping[str, Any], above: Mapping[str, Any], at: _At) -> dict[str, Any]:
    parts = {"name": _text, "description": _text, "clients": _table, "groups": _table,
             "defaults": _table, "strategies": _table}  # fmt: skip
    values = _checked(given, parts, at)
    if "clients" not in values:
        raise at.error("there is no [clients.NAME] table; at least one device is expected")
    defaults = _client(values.pop("defaults", {}), above, at / "defaults")
    presets = _strategies(values.pop("strategies", {}), at / "strategies")
    defaults["strategies"] |= presets
    clients: dict[str, Any] = {}
    for name, client in values["clients"].items():
        here = at / "clients" / name
        for other in clients:
            if escape_name(other) == escape_name(name):
                raise here.error(f"{other!r} and {name!r} would be the same name in Python")
        if "clients" in _table(client, here):
            clients[name] = _container(client, defaults, here)
        else:
            clients[name] = _client(client, defaults, here)
            if "address" not in clients[name]:
                raise here.error('the key "address" is missing; expected "host:port"')
    groups = {n: _texts(m, at / "groups" / n) for n, m in values.get("groups", {}).items()}
    for group, members in groups.items():
        for member in members:
            if not _is_there(member, clients):
                there = ", ".join(clients)
                raise (at / "groups" / group).error(f"no client {member!r}; there are {there}")
    return {**values, "clients": clients, "groups": groups}


def _is_there(name: str, clients: Mapping[str, Any]) -> bool:
    by_identifier = {escape_name(client): spec for client, spec in clients.items()}
    if escape_name(name) in by_identifier:
        return True
    return any(
        _is_there(
            name[dot + 1 :], by_identifier.get(escape_name(name[:dot]), {}).get("clients", {})
        )
        for dot in (i for i, c in enumerate(name) if c == ".")
    )


def _client(given: Any, defaults: Mapping[str, Any], at: _At) -> dict[str, Any]:
    values = {**defaults, **_checked(_table(given, at), _OPTIONS, at)}
    values["strategies"] = {**defaults.get("strategies", {}), **values.get("strategies", {})}
    return values


def _checked(
    given: Mapping[str, Any], known: Mapping[str, Callable[[Any, _At], Any]], at: _At
) -> dict[str, Any]:
    for key in given:
        if key not in known:
            raise (at / key).error(f"unknown key; expected one of {', '.join(sorted(known))}")
    return {key: known[key](value, at / key) for key, value in given.items()}


def _text(value: Any, at: _At) -> str:
    if not isinstance(value, str):
        raise at.error(f"expected text, not {value!r}")
    return value


def _texts(value: Any, at: _At) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise at.error(f"expected a list of texts, not {value!r}")
    return value


def _table(value: Any, at: _At) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise at.error(f"expected a table, not {value!r}")
    return value


def _flag(value: Any, at: _At) -> bool:
    if not isinstance(value, bool):
        raise at.error(f"expected true or false, not {value!r}")
    return value


def _seconds(value: Any, at: _At) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise at.error(f"expected a number of seconds, 0 or more, not {value!r}")
    return float(value)


def _bytes(value: Any, at: _At) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise at.error(f"expected a number of bytes, 1 or more, not {value!r}")
    return value


def _number(value: Any, at: _At) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise at.error(f"expected a number, 1 or more, not {value!r}")
    return value


def _trusted(value: Any, at: _At) -> bool | Path:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return at.beside(value)
    raise at.error(f"expected true, or the path of a file of certificates, not {value!r}")


def _address(value: Any, at: _At) -> tuple[str, int]:
    if isinstance(value, str):
        host, _, port = value.rpartition(":")
        if host and port.isdecimal() and 0 < int(port) < 65536:
            return host.strip("[]"), int(port)
    raise at.error(f'expected "host:port", not {value!r}')


def _protocol(value: Any, at: _At) -> ProtocolFlags:
    try:
        flags = ProtocolFlags.parse_version(_text(value, at))
    except ValueError as exc:
        raise at.error(str(exc)) from None
    if flags.major == 0:
        raise at.error(f'expected a protocol like "5.0-MI" or "4.0", not {value!r}')
    return flags


def _strategies(value: Any, at: _At) -> dict[str, tuple[str, ...]]:
    presets = {}
    for pattern, strategy in _table(value, at).items():
        try:
            re.compile(pattern)
        except re.error as exc:
            raise (at / pattern).error(f"no regular expression: {exc}") from None
        try:
            presets[pattern] = parse_strategy_with_units(_text(strategy, at / pattern))
        except SpecError:
            raise
        except ValueError as exc:
            raise (at / pattern).error(
                f'{exc}; expected a strategy like "event" or "period 500 ms"'
            ) from None
    return presets


_OPTIONS: dict[str, Callable[[Any, _At], Any]] = {
    "address": _address,
    "description": _text,
    "controlled": _flag,
    "always_allowed_requests": _texts,
    "always_excluded_requests": _texts,
    "auto_reconnect": _flag,
    "auto_reconnect_delay": _seconds,
    "auto_reconnect_max_delay": _seconds,
    "dummy_unknown_requests": _flag,
    "preset_protocol_flags": _protocol,
    "connect_timeout": _seconds,
    "protocol_timeout": _seconds,
    "sync_timeout": _seconds,
    "keepalive_interval": _seconds,
    "keepalive_timeout": _seconds,
    "max_message_size": _bytes,
    "max_write_buffer": _bytes,
    "max_informs": _number,
    "max_pending_requests": _number,
    "max_sensors": _number,
    "ssl": _trusted,
    "strategies": _strategies,
}
