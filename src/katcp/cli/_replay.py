"""``katcp replay``: a recorded session, served."""

from pathlib import Path

from ..testing import Recording, Replayer
from ._exit import warn
from ._served import serve_until_signalled

__all__ = ["replay"]


async def replay(file: Path, host: str, port: int, speed: float, as_json: bool) -> None:
    """Serve a recorded session; ends by a signal.

    Raises
    ------
    ValueError
        If the file is wrong.
    """
    recording = Recording(file)
    for note in recording.notes:
        warn(f"{file}: {note}")
    device = Replayer(recording, speed=speed)
    device.host, device.port = host, port
    device.on_end = lambda link: warn(f"client {link} has had all that was recorded")
    await serve_until_signalled(device, as_json)
