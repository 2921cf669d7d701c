"""What a device is: names, descriptions, readings, sampling strategies. Pure; no loop, no clock."""

from .._public import publish
from ._device import Request, SensorDescription, SensorDescriptions, SensorFields
from ._interface import Interface
from ._names import escape_name
from ._reading import (
    STATUS_NAMES,
    STATUS_NAMES_RAW,
    STATUSES,
    STATUSES_RAW,
    KATCPSensorReading,
    parse_status,
    status_name,
)
from ._strategy import (
    NO_STRATEGY,
    STRATEGY_PARAMETERS,
    format_strategy,
    is_sampled,
    normalize_strategy_parameters,
    parse_strategy_with_units,
    strategy_text,
)

__all__ = [
    "NO_STRATEGY",
    "STATUSES",
    "STATUSES_RAW",
    "STATUS_NAMES",
    "STATUS_NAMES_RAW",
    "STRATEGY_PARAMETERS",
    "Interface",
    "KATCPSensorReading",
    "Request",
    "SensorDescription",
    "SensorDescriptions",
    "SensorFields",
    "escape_name",
    "format_strategy",
    "is_sampled",
    "normalize_strategy_parameters",
    "parse_status",
    "parse_strategy_with_units",
    "status_name",
    "strategy_text",
]

publish(globals())
