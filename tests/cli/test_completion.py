"""What the shell gets when the user presses Tab."""

import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from commands import KATCP, katcp

from katcp.cli._completion import joined


def complete(shell: str, *words: str, **environment: str) -> list[str]:
    """Give the lines that typer prints for a shell, the last word being completed."""
    if shell == "bash":
        environment |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    else:
        environment |= {"_TYPER_COMPLETE_ARGS": " ".join(words)}
    environment |= {"_KATCP_COMPLETE": f"complete_{shell}"}
    with mock.patch.dict("os.environ", environment):
        done = katcp()
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def bash(*words: str) -> list[str]:
    return complete("bash", "katcp", *words)


def apart(address: str) -> list[str]:
    """Give ``host:port`` as bash gives it."""
    host, port = address.split(":")
    return [host, ":", port]


def test_commands_and_options() -> None:
    assert bash("wa") == ["watch", "wait"]
    assert bash("watch", "x", "--ch") == ["--changes"]
    assert set(bash("sensors", "x", "--sort", "")) >= {"name", "status"}


def test_requests_with_their_help(address: str, telescope: Path) -> None:
    assert bash("req", *apart(address), "tar") == ["target-azel"]
    assert bash("req", str(telescope), "m001.wat") == ["m001.watchdog"]
    (line,) = complete("zsh", "katcp", "req", address, "tar")
    assert "target-azel" in line
    assert "Point at azimuth and elevation" in line
    fish = complete("fish", "katcp", "req", address, "tar", _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert fish[0].startswith("target-azel\tPoint at azimuth")


def test_sensors(address: str, telescope: Path) -> None:
    assert bash("wait", *apart(address), "pos.act") == ["pos.actual-azim", "pos.actual-elev"]
    assert bash("sensors", str(telescope), ":", "m001", "loc") == ["lock"]
    assert "cbf.state" in "".join(bash("watch", str(telescope), "cbf."))


def test_files_and_their_devices(
    telescope: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    shutil.copy(telescope, tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    file, names = "here/telescope.toml", ["m000", "cbf", "m001", "gone"]
    whole = [file, *(f"{file}:{name}" for name in names)]
    assert bash("info", "he") == bash("info", "here/") == bash("info", "here/tel") == whole
    assert bash("info", file, ":") == names
    assert bash("info", file, ":", "m") == ["m000", "m001"]
    (tmp_path / "here" / "other.toml").touch()
    assert bash("info", "here/") == ["here/other.toml", file]
    assert bash("info", "no-such") == []


def test_silence_where_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[")
    for words in (["req", "127.0.0.1", ":", "1", "x"], ["req", "nonsense", "x"],
                  ["info", f"{tmp_path}/bad.toml", ":", "x"]):  # fmt: skip
        assert bash(*words) == []


def test_words_are_put_together() -> None:
    assert joined(["katcp", "req", "a", ":", "1", "x"], 5) == (["katcp", "req", "a:1", "x"], 3)
    assert joined(["katcp", "req", "a", ":"], 3) == (["katcp", "req", "a:"], 2)
    assert joined(["katcp", "req", "a", ":", "1", ""], 5) == (["katcp", "req", "a:1", ""], 3)
    assert joined(["katcp", "req", "x"], 2) == (["katcp", "req", "x"], 2)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_in_bash(address: str, tmp_path: Path) -> None:
    command = tmp_path / "katcp"
    command.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{KATCP[2]}' \"$@\"\n")
    command.chmod(0o755)
    script = (
        'PATH="$1:$PATH"; eval "$(katcp --show-completion bash)"\n'
        'complete -p katcp | grep -q "_katcp_completion katcp$" || exit 9\n'
        f"COMP_WORDS=(katcp req {' '.join(apart(address))} 'tar'); COMP_CWORD=5\n"
        "_katcp_completion katcp; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("target-azel\n", "")
