"""The journal of a recording: an Arrow stream, of which all is read that is whole."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._arrow import pa

__all__ = ["Abouts", "read_journal"]

#: What is said of sensors, by name.
Abouts = dict[str, dict[str, str]]


def read_journal(path: Path) -> Iterator[tuple[Any, Abouts]]:
    """Give the batches of a journal, each with what it says of sensors; what is cut off is not."""
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
            while True:
                batch, metadata = stream.read_next_batch_with_custom_metadata()
                yield batch, json.loads((metadata or {}).get(b"sensors", b"{}"))
    except (StopIteration, pa.ArrowInvalid):
        return
    except OSError as exc:
        if exc.errno is not None:  # else there are fewer bytes than there should be
            raise
