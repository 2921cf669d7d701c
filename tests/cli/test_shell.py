"""``katcp shell``, run as a user runs it: at a pseudo-terminal, and in pipes."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from commands import run

from katcp._loops import asyncio_loop
from katcp.blocking import loop_in_thread
from katcp.cli._shell import _ipython
from katcp.cli._shell import shell as run_shell

KATCP = [sys.executable, "-c", "from katcp.cli import main; main()"]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
CTRL_C = "\x03"


@pytest.fixture(scope="module")
def telescope(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of two antennas and a correlator that are there, and an antenna that is not."""
    file = tmp_path_factory.mktemp("shell") / "telescope.toml"
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        gone = nobody.getsockname()[1]
    command = [sys.executable, "-m", "katcp.simulator", "--antennas", "2", "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        there = [process.stdout.readline().split()[1:] for _ in range(3)]
        clients = [f'{name} = {{ address = "{address}" }}' for address, name in sorted(there)]
        file.write_text(
            '[defaults]\ncontrolled = true\n[strategies]\n"^(mode|lock)$" = "event"\n[clients]\n'
            + "\n".join(clients)
            + f'\ngone = {{ address = "127.0.0.1:{gone}" }}\n'
            + '[groups]\nants = ["m000", "m001"]\n'
        )
        yield file
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("ipython")
    (directory / "profile_default").mkdir()
    # What is suggested while typing would be taken for what is completed.
    (directory / "profile_default" / "ipython_config.py").write_text(
        "c.TerminalInteractiveShell.autosuggestions_provider = None"
    )
    return {
        **os.environ, "IPYTHONDIR": str(directory), "TERM": "xterm", "NO_COLOR": "1",
        "PROMPT_TOOLKIT_NO_CPR": "1",  # nobody answers where the cursor is
    }  # fmt: skip


def shell(
    environment: dict[str, str], *words: Any, **kwargs: Any
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*KATCP, "shell", *map(str, words)],
        env=environment, capture_output=True, text=True, timeout=60, check=False, **kwargs,
    )  # fmt: skip


class Prompt:
    """The shell at a terminal of 100 columns."""

    def __init__(self, environment: dict[str, str], *words: str) -> None:
        self.child: Any = pexpect.spawn(
            KATCP[0], [*KATCP[1:], "shell", *words],
            env=environment, encoding="utf-8", dimensions=(40, 100), timeout=30,
        )  # fmt: skip
        self.child.delaybeforesend = None

    def until(self, words: str) -> str:
        """Read until `words` are there; gives what came before them."""
        self.child.expect(words)
        return ESCAPE.sub("", self.child.before)

    def says(self, code: str, words: str) -> None:
        """Enter code, which must make it say `words`, and give a new prompt."""
        self.child.send(code + "\r")
        self.until(words)
        self.until(r"In \[")


def test_a_session(telescope: Path, environment: dict[str, str]) -> None:
    prompt = Prompt(environment, str(telescope))
    try:
        banner = prompt.until(r"In \[")
        assert "kat is telescope: 3 of 4 devices up, the rest join later; groups: ants" in banner
        assert "not up: gone: connection refused; does the device run" in banner
        assert len(banner.strip().splitlines()) <= 8
        for example in re.findall(r"^  (kat\.\S+?(?:\(.*?\))?)  ", banner, re.MULTILINE):
            prompt.says(example, r"Out\[\d+\]")
        prompt.child.send("kat.ants.r\t")
        prompt.until("eq")
        prompt.says(".mode()", r"2 of 2 succeeded")
        prompt.says("kat.m000.sensor.mode", r"m000 mode  =  STOP  nominal  (now|.* ago)")
        prompt.says("kat.ants.req.mode?", "all of group ants: m000, m001(?s:.*)Time-out: 5 s")
        prompt.child.send("print('be' + 'gun'); kat.ants.wait('lock', True, 300)\r")
        prompt.until("begun")
        prompt.child.send(CTRL_C)
        prompt.until("Interrupted. Nobody waits for it any more; all stays usable.")
        prompt.until(r"In \[")
        prompt.child.send("print('be' + 'gun'); await akat.ants.wait('lock', True, 300)\r")
        prompt.until("begun")
        prompt.child.send(CTRL_C)
        prompt.until("Interrupted")
        prompt.until(r"In \[")
        prompt.says(
            "kat.m000.sensor.mode.set_strategy('sometimes')", "FAILED  m000: sampling strategy"
        )
        prompt.says("(await akat.m000.req.mode())", "m000:  .mode  ok")
        prompt.says("kat.m000.req.mod()", "Error: m000 has no request 'mod'; close to it: mode")
        prompt.says("%tb", "Traceback(?s:.*)AttributeError")
        prompt.child.send("kat.m001.req.sim_drop(1)\r")
        prompt.until("katcp: link lost to m001: ")
        prompt.until("katcp: m001 is up")
        prompt.says("kat.m001.req.mode()", "m001:  .mode  ok")
        prompt.child.send("exit\r")
        prompt.child.expect(pexpect.EOF)
        prompt.child.wait()
        assert prompt.child.exitstatus == 0
    finally:
        prompt.child.close(force=True)


def test_errors_are_short_and_the_statement_after_them_is_not_run(
    telescope: Path, environment: dict[str, str]
) -> None:
    wrong = {
        "kat.m000.sensor.lok": "Error: m000 has no sensor 'lok'; close to it: lock",
        "kat.m000.sensr": "Error: 'KATCPClientResource' object has no attribute 'sensr'; "
        "close to it: sensor",
        "kat.gone.req.mode()": "Error: gone has no request 'mode'; it is not synced: gone (127",
        "kat.m000.req.mode('x').raise_on_failure()": "Error: m000: ?mode 'x' failed after",
        "kat.m000.wait('pos.actual-azim', 3)": "Error: m000: cannot wait on sensor pos.actual-azim",
        "kat.m000.wait('lok', 3)": "Error: m000 has no sensor 'lok'; close to it: lock",
        "kat.ants.wait('lock', True, 1, quorum='x')": "Error: quorum 'x' is neither",
        "kat.ants.wait('lock')": "Error: ClientGroup.wait() missing 1 required positional",
        "kat.m000.list_sensors('[')": "Error: '[' is no regular expression: unterminated",
        "kat.m000.until_state('up')": "Error: 'up' is no state; states are disconnected",
        "x = await akat.m000.req.mode(); kat.m000.req.mode()": "Error: a cell with await must not",
    }
    lines = [f"try_({code!r})" for code in wrong]
    code = "\n".join(
        [
            "def try_(code):",
            "    get_ipython().run_cell(code)",
            *lines,
            "kat.nope",
            "print('not this')",
        ]
    )
    done = shell(environment, telescope, "-c", code)
    assert (done.returncode, done.stdout) == (1, "")
    errors = done.stderr.splitlines()
    assert errors[0].startswith("katcp: not up: gone: connection refused")
    for line, says in zip(errors[1:], wrong.values(), strict=False):
        assert line.startswith(says)
    assert errors[-1].startswith("Error: telescope has no device, group or attribute 'nope'")
    assert errors[-1].endswith("(line 14)")
    assert len(errors) == len(wrong) + 2


def test_pipes_and_scripts(telescope: Path, environment: dict[str, str], tmp_path: Path) -> None:
    where = f"{telescope}:m000"
    code = "kat.req.mode()\nawait akat.req.mode()\nx = 3\nx\nkat.req.mode?\n"
    done = shell(environment, where, input=code)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third, asked, *_ = done.stdout.splitlines()
    assert first.startswith("m000:  ?mode  ok  after ")
    assert second.startswith("m000:  ?mode  ok  after ")
    assert (third, asked) == ("3", "?mode")
    assert "\x1b" not in done.stdout
    script = tmp_path / "observe.py"
    script.write_text("kat.req.mode()\nprint(bool(await akat.req.mode()))\nimport sys\nsys.exit(7)")
    done = shell(environment, where, script)
    assert (done.returncode, done.stdout, done.stderr) == (7, "True\n", "")


def test_errors_are_not_among_the_results(telescope: Path, environment: dict[str, str]) -> None:
    done = shell(environment, f"{telescope}:m000", "-c", "kat.req.mode)")
    assert (done.returncode, done.stdout) == (1, "")
    assert "SyntaxError" in done.stderr


def test_no_home(telescope: Path, environment: dict[str, str]) -> None:
    homeless = {**environment, "HOME": "/dev/null"}
    del homeless["IPYTHONDIR"]
    done = shell(homeless, f"{telescope}:m000", "--exec", "1 + 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_no_input(
    telescope: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)  # as a daemon has it
    with pytest.raises(SystemExit) as left:
        run_shell(str(telescope), None, None, 5.0)
    said = "katcp: standard input is closed; give a script, or --exec CODE\n"
    assert (left.value.code, capsys.readouterr().err) == (2, said)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["TELESCOPE:m0000", "-c", "1"], 2, "has no device 'm0000'; it has m000, "),
        (["nonsense", "-c", "1"], 2, "is no address; give host:port"),
        (["TELESCOPE:gone", "-c", "1"], 1, "not up: gone: connection refused; does the device run"),
        (
            ["TELESCOPE", "script", "no-such.py"],
            1,
            "cannot read the script no-such.py: No such file",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    telescope: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, says: str
) -> None:
    where, how, code = (word.replace("TELESCOPE", str(telescope)) for word in words)
    with pytest.raises(SystemExit) as left:
        run_shell(where, Path(code) if how == "script" else None, code, 5.0)
    output, errors = capsys.readouterr()
    assert (left.value.code, output) == (status, "")
    (line,) = errors.splitlines()
    assert line.startswith("katcp: ")
    assert says in line


def test_the_reader_goes_away(telescope: Path, environment: dict[str, str]) -> None:
    code = "print(1)\nwhile kat.req.mode(): print(kat.req.mode())"
    with subprocess.Popen(
        [*KATCP, "shell", f"{telescope}:m000", "-c", code],
        env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""


def test_ctrl_c_in_a_script(telescope: Path, environment: dict[str, str]) -> None:
    code = "print('begun', flush=True); kat.wait('lock', True, 300)\nprint('not this')"
    with subprocess.Popen(
        [*KATCP, "shell", f"{telescope}:m000", "-c", code],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (130, "")
    assert errors.startswith("Interrupted.")


def test_a_cell_that_blocks_the_loop_does_not_hold_up_the_prompt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    async def blocks() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # Ctrl-C
        released.wait(60)

    async def awaits() -> int:
        return 3

    monkeypatch.setattr(_ipython, "_GRACE", 0.01)
    with loop_in_thread() as loop:
        run = _ipython._runner_in(asyncio_loop(loop.ioloop))
        assert run(awaits()) == 3
        with pytest.raises(TimeoutError, match="in a cell with await nothing may block"):
            run(blocks())
        released.set()
        assert run(awaits()) == 3


def test_ctrl_c_before_the_prompt(telescope: Path, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, subprocess.Popen(
        [*KATCP, "shell", f"127.0.0.1:{silent.getsockname()[1]}", "-c", "1", "--timeout", "60"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        link, _ = silent.accept()  # it waits for what this device is
        with link:
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 130


def test_help_and_the_missing_library(environment: dict[str, str], tmp_path: Path) -> None:
    done = shell({**environment, "TERM": "dumb"}, "--help")
    assert done.returncode == 0
    assert "WHERE" in done.stdout
    (tmp_path / "IPython").mkdir()
    (tmp_path / "IPython" / "__init__.py").write_text("raise ModuleNotFoundError(name='IPython')")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = shell({**environment, "PYTHONPATH": path}, "localhost:1", "-c", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("run: pip install 'katcp-client[console]'\n")


@pytest.mark.parametrize("left", ["exit()", "quit()", "import sys; sys.exit()"])
def test_code_may_leave(telescope: Path, left: str) -> None:
    code = f"print('before')\n{left}\nprint('after')"
    done = run("shell", str(telescope), "-c", code)
    assert (done.returncode, done.stdout) == (0, "before\n")
    assert "Traceback" not in done.stderr
