"""What the things of this library look like in IPython and Jupyter; imports neither."""

from ._devices import devices, reason
from ._formatters import in_colour, install_display
from ._sensor_tables import age
from ._table import Table, as_html, as_text
from ._tables import sensors_in, table_of
from ._unwrap import unwrapped

__all__ = [
    "Table",
    "age",
    "as_html",
    "as_text",
    "devices",
    "in_colour",
    "install_display",
    "reason",
    "sensors_in",
    "table_of",
    "unwrapped",
]
