"""``katcp top``: a telescope on a live screen. Needs the extra ``console``."""

from ._run import top

__all__ = ["top"]
