"""Whatever goes wrong is one line on stderr and an exit status. Imports nothing that is slow."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

__all__ = ["exiting", "fail", "warn"]


@contextmanager
def exiting() -> Iterator[None]:
    """Turn what is raised within into an exit.

    The status is 1 for what did not succeed, 2 for what was not well asked for, 130 after Ctrl-C,
    141 when whoever read the output has gone.
    """
    _prepare()
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except ModuleNotFoundError as exc:
        if (exc.name or "").startswith("katcp"):
            raise
        fail(f"this needs {exc.name}; run: pip install 'katcp-client[console]'")
    except ValueError as exc:
        fail(str(exc), 2)
    except OSError as exc:  # TimeoutError is one, too
        where = f"{exc.filename}: " if exc.filename is not None and exc.strerror else ""
        if exc.errno == errno.ENOSPC and not where:  # files say their names
            where = "cannot write the output: "
        fail(where + (exc.strerror or str(exc)))
    except Exception as exc:
        from ..errors import KATCPResourceError

        if not isinstance(exc, KATCPResourceError):
            raise
        fail(str(exc))


def fail(text: str, status: int = 1) -> NoReturn:
    """Say what is wrong in one line, and leave with this status."""
    warn(text)
    sys.exit(status)


def warn(text: str) -> None:
    """Say something in one line on stderr."""
    from ..wire import printable

    with suppress(BrokenPipeError):  # nobody reads it
        print(f"katcp: {printable(text)}", file=sys.stderr, flush=True)


def _prepare() -> None:
    """Have somewhere to print to, which takes any character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 for as long as we run
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
