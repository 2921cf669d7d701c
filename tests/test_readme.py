"""The examples in the README are run as they stand."""

import re
from pathlib import Path
from typing import Any

import pytest

from katcp.simulator import Antenna

README = Path(__file__).parent.parent / "README.md"
pytest_plugins = ["pytester"]

BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
EXAMPLES = [block for block in BLOCKS if "def test_" not in block]
TESTS = [block for block in BLOCKS if "def test_" in block]

# What tornado's own IOLoop.current() says on Python 3.12 and newer outside of a running loop.
TORNADO = "ignore:There is no current event loop:DeprecationWarning"

# pytest-asyncio's word on a setting that a new project has not made.
UNSET_SCOPE = "ignore:The configuration option"


@pytest.mark.parametrize("example", EXAMPLES, ids=["asyncio", "tornado", "blocking"])
async def test_example(example: str, capfd: Any) -> None:
    import asyncio
    import sys

    async with Antenna(seed=1) as antenna:
        code = example.replace("localhost:5000", f"127.0.0.1:{antenna.port}")
        code = code.replace('("localhost", 5000)', f'("127.0.0.1", {antenna.port})')
        assert code != example
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-W", TORNADO, "-c", code), stdout=-1, stderr=-1
        )
        output, errors = await asyncio.wait_for(process.communicate(), 60)
        assert (process.returncode, errors.decode()) == (0, "")
        assert output


def test_examples_of_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(*TESTS)
    result = pytester.runpytest_subprocess(
        "-o", "asyncio_mode=auto", "-W", "error", "-W", UNSET_SCOPE
    )
    result.assert_outcomes(passed=len(TESTS))
