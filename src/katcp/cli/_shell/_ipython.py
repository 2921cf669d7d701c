"""IPython as it is here: with the tables, the completion, the help and the short errors."""

import asyncio
import concurrent.futures
import sys
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

from IPython.core import page
from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.oinspect import Inspector
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from IPython.terminal.ipapp import load_default_config
from traitlets.config import Config

from ..._display import in_colour, install_display
from ._complete import install_completion
from ._errors import ShortErrors
from ._help import help_of
from ._statements import statements

__all__ = ["at_prompt", "run_code"]

_GRACE = 2.0  # seconds that a cell in the loop gets to end after Ctrl-C


class _HelpOfDevices(Inspector):
    """Shows requests and sensors as the device explains them."""

    def pinfo(self, obj: Any, *args: Any, **kwargs: Any) -> None:
        text = help_of(obj)
        if text is None:
            super().pinfo(obj, *args, **kwargs)
        else:
            page.page(text)


class _NoPrompt(DisplayHook):
    """Shows results without ``Out[1]:`` before them."""

    prompt_end_newline = True  # there is no prompt that the first line would have to leave

    def write_output_prompt(self) -> None:
        pass


class _Terminal(ShortErrors, TerminalInteractiveShell):
    pass


class _Script(ShortErrors, InteractiveShell):
    displayhook_class = _NoPrompt

    def ask_exit(self) -> None:
        """End (what ``exit()`` calls)."""
        raise SystemExit

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        """Have tracebacks where errors go; IPython prints them among the results."""
        sys.stdout.flush()  # so that they come in order
        print(self.InteractiveTB.stb2text(stb), file=sys.stderr)


def at_prompt(namespace: dict[str, Any], loop: asyncio.AbstractEventLoop, banner: str) -> None:
    """Give the user a prompt, until they leave it."""
    config = load_default_config()  # type: ignore[no-untyped-call]
    config.merge(_config())
    config.TerminalInteractiveShell.confirm_exit = False
    if hasattr(TerminalInteractiveShell, "enable_tip"):
        config.TerminalInteractiveShell.enable_tip = False
    banners = {"banner1": banner, "banner2": ""}
    shell = _instance(_Terminal, config=config, user_ns=namespace, **banners)
    _prepare(shell, loop)
    shell.show_banner()
    shell.mainloop()


def run_code(
    namespace: dict[str, Any], loop: asyncio.AbstractEventLoop, code: str, show: bool
) -> BaseException | None:
    """Run code, a statement at a time; gives what ended it. With `show` their values are shown."""
    config = _config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.ast_node_interactivity = "all" if show else "none"
    shell = _instance(_Script, config=config, user_ns=namespace)
    _prepare(shell, loop)
    shell.display_formatter.active_types = ["text/plain"]
    error: BaseException | None = None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "To exit: use")  # advice for a person at the prompt
        for statement in statements(shell.transform_cell(code)):
            result = shell.run_cell(statement, store_history=False)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                break
    return error


def _instance(kind: Any, **options: Any) -> Any:
    """Make the one shell; without a home that can be written to it has no history, and that is all."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IPython (dir|parent) ")
        return kind.instance(**options)


def _config() -> Config:
    config = Config()
    config.InteractiveShell.inspector_class = _HelpOfDevices
    # Jedi looks at classes, where no device is; and nothing may be called by pressing TAB.
    config.Completer.use_jedi = config.IPCompleter.use_jedi = False
    if not in_colour():
        config.InteractiveShell.colors = "NoColor"
    return config


def _prepare(shell: Any, loop: asyncio.AbstractEventLoop) -> None:
    install_display(shell.display_formatter)
    install_completion(shell.Completer, shell.user_ns)
    shell.loop_runner = _runner_in(loop)
    shell.autoawait = True


def _runner_in(loop: asyncio.AbstractEventLoop) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Give what runs cells that await: in the loop of the devices, whose objects they use."""

    def run(cell: Coroutine[Any, Any, Any]) -> Any:
        done: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            loop.call_soon_threadsafe(_begin, cell, done)
            return done.result()
        except KeyboardInterrupt:
            loop.call_soon_threadsafe(_cancel, done)
            return _ended(done)

    return run


def _begin(cell: Coroutine[Any, Any, Any], done: Any) -> None:
    def ended(task: "asyncio.Task[Any]") -> None:
        if task.cancelled():  # before it began: else the shell tells of it, and gives a result
            done.set_exception(KeyboardInterrupt())
        elif (exc := task.exception()) is not None:
            done.set_exception(exc)
        else:
            done.set_result(task.result())

    done.task = asyncio.get_running_loop().create_task(cell)
    done.task.add_done_callback(ended)


def _cancel(done: Any) -> None:
    if hasattr(done, "task"):
        done.task.cancel()


def _ended(done: "concurrent.futures.Future[Any]") -> Any:
    try:
        return done.result(_GRACE)
    except TimeoutError:
        raise TimeoutError(
            f"the code did not end within {_GRACE:g} s of Ctrl-C, and holds up what talks to the "
            "devices; in a cell with await nothing may block: await asyncio.sleep, not time.sleep"
        ) from None
