"""WHERE, which all commands take: a device by its address, or what a telescope file names."""

import difflib
import re
from pathlib import Path

from ..errors import SpecError
from ..resource_client import KATCPClientResource, KATCPClientResourceContainer, open_resource
from ..wire import printable

__all__ = ["Target", "open_target", "parse_address", "split_where"]

Target = KATCPClientResource | KATCPClientResourceContainer

_FILE = re.compile(r"(?P<file>.*\.toml)(:(?P<device>.*))?", re.DOTALL)
_MOST_NAMES = 12  # of devices in an error


def open_target(where: str) -> Target:
    """Give a resource that is not started, for a WHERE.

    Parameters
    ----------
    where
        ``HOST:PORT``; ``FILE.toml:DEVICE``, a device (or a container, or ``container.device``) of
        a telescope file; or ``FILE.toml``, all of it. Requests are exposed unless the file says
        otherwise.

    Raises
    ------
    ValueError
        If it is none of these, in one line that says what to give instead.
    """
    file, device = split_where(where)
    if file is None:
        host, port = parse_address(where)
        opened: Target = open_resource({"name": where, "address": (host, port)})
        return opened
    try:
        telescope: KATCPClientResourceContainer = open_resource(file)
    except SpecError:
        raise
    except OSError as exc:
        raise ValueError(f"cannot read the telescope file {file}: {exc.strerror}") from None
    return telescope if device is None else _part(telescope, device, file)


def split_where(where: str) -> tuple[Path | None, str | None]:
    """Give file and device of a WHERE; None for what it does not have."""
    match = _FILE.fullmatch(where)
    return (Path(match["file"]), match["device"]) if match else (None, None)


def parse_address(text: str, lowest: int = 1) -> tuple[str, int]:
    """Take ``host:port`` apart, with a port that is not below `lowest`.

    Raises
    ------
    ValueError
        If it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not lowest <= int(port) < 65536:
        raise ValueError(
            f"{text!r} is no address; give host:port, for example localhost:5000, "
            "or a device of a telescope file, FILE.toml:DEVICE"
        )
    return host.strip("[]"), int(port)


def _part(telescope: KATCPClientResourceContainer, name: str, file: Path) -> Target:
    there = _named(telescope)
    for known, resource in there.items():
        if name in (known, known.replace("-", "_")):
            return resource
    close = difflib.get_close_matches(name, there, 3)
    names = [*close, *(known for known in there if known not in close)]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    listed = printable(", ".join(names[:_MOST_NAMES])) + more
    raise ValueError(f"{file} has no device {name!r}; it has {listed}")


def _named(container: KATCPClientResourceContainer, prefix: str = "") -> dict[str, Target]:
    """Give what is in a container, and in those in it, by the names that groups use, too."""
    found: dict[str, Target] = {}
    for child in dict.values(container.children):
        found[prefix + child.name] = child
        if isinstance(child, KATCPClientResourceContainer):
            found |= _named(child, f"{prefix}{child.name}.")
    return found
