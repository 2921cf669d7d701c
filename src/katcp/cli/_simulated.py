"""Simulated devices in a process of their own, for the demonstrations."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["say", "simulator"]


@asynccontextmanager
async def simulator(*options: str) -> AsyncIterator[asyncio.StreamReader]:
    """Run the simulator with these options; give what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "katcp.simulator", *options, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def say(what: str) -> None:
    """Print a heading."""
    print(f"\n--- {what}", flush=True)
