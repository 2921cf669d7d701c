"""Simulated devices, for trying things out and for tests. Needs the extra ``sim``."""

try:
    import aiokatcp as _aiokatcp  # noqa: F401
except ImportError as exc:
    raise ImportError('the simulator needs aiokatcp; run: pip install "katcp-client[sim]"') from exc

from .._public import publish
from ._antenna import Antenna
from ._correlator import Correlator
from ._serve import serve, serve_telescope

__all__ = ["Antenna", "Correlator", "serve", "serve_telescope"]

publish(globals())
