"""The ``katcp`` command. Needs the extra ``cli``."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    try:
        from ._app import app
    except ImportError as exc:
        sys.exit(f'katcp: {exc}; run: pip install "katcp-client[cli]"')
    app(prog_name="katcp")
