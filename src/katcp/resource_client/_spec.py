"""What a resource is told about its device: a dict, checked."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import Any

from ..errors import SpecError
from ..model import escape_name
from ..wire import ProtocolFlags

__all__ = ["ResourceSpec", "host_and_port"]


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """A ``resource_spec``; None means the default of the client. Times are in seconds.

    `strategies` is what files preset: regular expression for identifiers -> normalised strategy.
    """

    name: str
    address: tuple[str, int | str]
    description: str = ""
    controlled: bool = False
    always_allowed_requests: frozenset[str] = frozenset()
    always_excluded_requests: frozenset[str] = frozenset()
    auto_reconnect: bool = True
    auto_reconnect_delay: float = 0.5
    auto_reconnect_max_delay: float | None = None
    dummy_unknown_requests: bool = False
    preset_protocol_flags: ProtocolFlags | None = None
    connect_timeout: float | None = None
    protocol_timeout: float | None = None
    sync_timeout: float | None = None
    keepalive_interval: float | None = None
    keepalive_timeout: float | None = None
    max_message_size: int | None = None
    max_write_buffer: int | None = None
    max_informs: int | None = None
    max_pending_requests: int | None = None
    max_sensors: int | None = None
    ssl: SSLContext | None = None
    strategies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def checked(cls, given: Mapping[str, Any], logger: logging.Logger) -> "ResourceSpec":
        """Check a dict; unknown keys are logged and ignored.

        Raises
        ------
        KeyError
            If ``name`` or ``address`` is missing.
        SpecError
            If ``address`` is no pair, or ``ssl`` names a file of certificates that cannot be used.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(given) - known - {"parent"})
        if unknown:
            logger.warning(
                "Resource %s: unknown keys in its spec are ignored: %s",
                given["name"],
                ", ".join(map(str, unknown)),
            )
        values = {key: given[key] for key in given if key in known}
        for key in ("always_allowed_requests", "always_excluded_requests"):
            values[key] = frozenset(map(escape_name, given.get(key) or ()))
        values["address"] = host_and_port(given["name"], given["address"])
        values["ssl"] = _context(given["name"], given.get("ssl"))
        return cls(name=given["name"], **{k: v for k, v in values.items() if k != "name"})

    def exposes(self, request: str, allowed: Any, excluded: Any) -> bool:
        """Whether a request shows: exclusion beats all, then control or a place on the list."""
        identifier = escape_name(request)
        return identifier not in excluded and (self.controlled or identifier in allowed)


def host_and_port(name: str, given: Any) -> tuple[str, int | str]:
    """Give the ``address`` of a spec.

    Raises
    ------
    SpecError
        If it is none.
    """
    if isinstance(given, (tuple, list)) and len(given) == 2:
        return given[0], given[1]
    raise SpecError(f"{name}: address: expected (host, port), not {given!r}")


def _context(name: str, given: Any) -> SSLContext | None:
    """Give whom to trust: True for the authorities of this machine, a path for those in a file."""
    if given is None or given is False or isinstance(given, SSLContext):
        return given or None
    if given is True:
        return create_default_context()
    if not isinstance(given, (str, Path)):
        raise SpecError(f"{name}: ssl: expected True, a CA file or an SSLContext, not {given!r}")
    try:
        return create_default_context(cafile=str(given))
    except OSError as exc:  # an SSLError is one, too
        what = exc.strerror or exc
        raise SpecError(f"{name}: ssl: cannot use the CA file {given}: {what}") from None
