"""What there is to compute on, as Arrow tables: for pandas, polars and pyarrow.

::

    from katcp import tables

    rows = await telescope.list_sensors()
    tables.sensors(rows).to_pandas()  # a row for each sensor

    async with tables.collect(telescope, "pos_actual") as readings:
        await asyncio.sleep(600)
    polars.DataFrame(readings)  # a row for each reading

    tables.read("night.parquet")  # of katcp record

All have the same columns. They need the extra ``tables``.
"""

from .._public import publish
from ._collect import Collection, collect
from ._read import read
from ._readings import Readings
from ._row import COLUMNS
from ._sensors import sensors

__all__ = ["COLUMNS", "Collection", "Readings", "collect", "read", "sensors"]

publish(globals())
