"""Seeds for the targets, from the recorded sessions among the tests."""

import json
from pathlib import Path

__all__ = ["seeds", "write"]

TRANSCRIPTS = Path(__file__).parent.parent / "tests" / "wire" / "transcripts"
_TEXT = 4000  # bytes of a session that are enough
_MANY = b"9" * 5000  # more digits than Python turns into a number
_ODD = {
    "big-version": b"#version-connect katcp-protocol 5." + _MANY + b"-MI\n",
    "big-count": b"ok " + _MANY + b"\nok " + _MANY + b"\n#sensor-status 1 " + _MANY + b" x\n",
    "bad-names": b"caf\xe9 d u integer\nevil\x1b[31m d u integer\na.int d u float\n",
}
_PLANS = (bytes(8), bytes(range(40)), bytes(7 * i % 256 for i in range(120)))


def seeds() -> dict[str, bytes]:
    """Give inputs by name: what a device said, followed by numbers for `Choices`."""
    found = {}
    for path in sorted(TRANSCRIPTS.glob("*.jsonl")):
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        said = "".join(entry["data"] for entry in entries if entry["dir"] == "s2c")
        for i, plan in enumerate(_PLANS):
            found[f"{path.stem}-{i}"] = said.encode("latin-1")[:_TEXT] + plan
    return found | {
        f"{name}-{i}": _ODD[name] + plan for name in _ODD for i, plan in enumerate(_PLANS)
    }


def write(directory: Path) -> None:
    """Write every seed into a file of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in seeds().items():
        (directory / name).write_bytes(data)
