"""What docs/reliability.md promises is held by tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "reliability.md").read_text())


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 50
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if not re.search(rf"^(async def|def|class) {name}\b", (ROOT / file).read_text(), re.M)
    ]
    assert missing == []
