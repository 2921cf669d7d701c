"""``katcp icd``: the interface as a document, and what changed."""

import asyncio
import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import complaint, good, katcp, records
from markdown_it import MarkdownIt

from katcp.cli.interface import diff, icd
from katcp.cli.interface._compare import Change, changes
from katcp.cli.interface._document import document
from katcp.cli.interface._stored import stored
from katcp.model import Interface, Request, SensorDescription
from katcp.testing import FakeSensor, ScriptedDevice

HOSTILE = (
    "a | b `c` ``d`` <b>e</b> *f* [g](h) \\| \x1b[31m \udcff \u202e\n```\n| x |\n</details>\n# i"
)


def made(**changed: Any) -> Interface:
    sensors = {
        "mode": SensorDescription("mode", "What it does", "", "discrete", (b"STOP", b"POINT")),
        "pos.azim": SensorDescription("pos.azim", "Azimuth", "deg", "float", (b"-185", b"275")),
    }
    requests = {"mode": Request("mode", "Set it", None), "halt": Request("halt", "Halt", 10.0)}
    whole = Interface("ant", "5.1-MIB", requests, sensors)
    for name, fields in changed.items():
        if name == "sensor":
            whole.sensors["mode"] = sensors["mode"]._replace(**fields)
        elif name == "request":
            whole.requests["mode"] = requests["mode"]._replace(**fields)
        else:
            whole = whole._replace(**{name: fields})
    return whole


def hostile() -> Interface:
    sensors = {
        name: SensorDescription(name, HOSTILE, HOSTILE, "discrete", (HOSTILE.encode("utf-8", "surrogateescape"), b"", b" "))
        for name in (HOSTILE, "`", " ", "a.b|c", "``x")
    }  # fmt: skip
    return Interface("x", "5.0", {"go": Request("go", HOSTILE, 3.0)}, sensors)


def test_a_document_for_people(address: str) -> None:
    text = "\n".join(good("icd", address))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    headings = [t.content for i, t in enumerate(tokens) if tokens[i - 1].type == "heading_open"]
    assert headings[:4] == [address, "Sensors", "`cryo`", "`drive`"]
    assert "`?target-azel`" in headings
    assert "| `pos.actual-azim` | float | deg |  |" in text
    assert "| `STOP`, `POINT`, `STOW`, `MAINTENANCE`" in text
    assert "    Degrees above the horizon." in text  # all of the help, not the first line alone
    assert text == "\n".join(good("icd", address))


def test_of_a_telescope(telescope: Path, tmp_path: Path) -> None:
    assert "### `?capture-start`" in good("icd", f"{telescope}:cbf")
    file = tmp_path / "telescope.md"
    done = katcp("icd", str(telescope), "-o", str(file))
    assert (done.returncode, done.stdout, file.exists()) == (1, "", False)
    assert "gone is not" in done.stderr


def test_devices_that_are_alike_are_one_section(tmp_path: Path) -> None:
    both = {"m000": made(name="m000"), "m001": made(name="m001"), "cbf": hostile()}
    text = document("telescope", both)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## m000, m001",
        "## cbf",
    ]
    (tmp_path / "x.md").write_text(text)
    assert stored(tmp_path / "x.md") == {**both, "cbf": hostile()._replace(name="cbf")}


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    interface = hostile()
    text = document(HOSTILE, {"x": interface})
    assert all(line.isprintable() for line in text.split("\n"))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    html = [t.content for t in tokens if t.type == "html_block"]
    assert [content.split("\n")[0] for content in html] == ["<details>", "</details>"]
    inside = [child for t in tokens for child in t.children or ()]
    assert {c.type for c in inside} == {"text", "code_inline"}
    rows = sum(t.type == "tr_open" for t in tokens)
    cells = sum(t.type in ("td_open", "th_open") for t in tokens)
    assert cells == 5 * rows
    assert rows == len(interface.sensors) + 2  # two tables
    (tmp_path / "x.md").write_text(text)
    assert stored(tmp_path / "x.md") == {"x": interface}


def test_nothing_changed(address: str, tmp_path: Path) -> None:
    document, plain = tmp_path / "antenna.md", tmp_path / "antenna.json"
    assert good("icd", address, "-o", str(document)) == []
    document.write_text(f"Our notes.\n\n{document.read_text()}")
    assert "antenna.md exists; give" in complaint("icd", address, "-o", str(document), status=2)
    assert document.read_text().startswith("Our notes.")
    assert good("icd", "diff", str(document), address) == []
    assert good("icd", address, "-o", str(document), "--force") == []
    assert "Our notes." not in document.read_text()
    plain.write_text("\n".join(good("icd", address, "--json")))
    assert good("icd", "diff", str(document), address) == []
    assert good("icd", "diff", str(plain), str(document)) == []
    document.write_text(document.read_text().replace("Sensors", "All that it measures"))
    assert records("icd", "diff", str(plain), str(document)) == []


def test_a_device_that_changed(tmp_path: Path) -> None:
    asyncio.run(see_it_change(tmp_path / "old.md"))


async def see_it_change(file: Path) -> None:
    device = ScriptedDevice(
        "5.1-MIBT",
        {"mode": FakeSensor("discrete", params=("STOP", "POINT")), "old": FakeSensor()},
    )
    device.help["mode"] = "Set\x1b it"
    async with device:
        where = "{}:{}".format(*device.address)
        await icd(where, file, False, False, 10.0)
        device.sensors = {
            "mode": FakeSensor("discrete", params=("POINT", "STOW")),
            "new": FakeSensor(),
        }
        device.help["mode"] = "Set\x1b[1m it"
        lines = await told(file, where, False)
        assert lines == [
            "\trequest\tmode\thelp: Set\\x1b it -> Set\\x1b[1m it",
            "breaking\tsensor\tmode\toptions: -STOP +STOW",
            "\tsensor\tnew\tadded",
            "breaking\tsensor\told\tremoved",
        ]
        assert len(await told(file, where, True)) == 2
        device.sensors = {**device.sensors, "old": FakeSensor()}
        device.sensors["mode"] = FakeSensor("discrete", params=("STOP", "POINT", "STOW"))
        assert await told(file, where, True) == []


async def told(old: Path, new: str, only_breaking: bool) -> list[str]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        same = await diff(str(old), new, only_breaking, False, 10.0)
    assert same == (output.getvalue() == "")
    return output.getvalue().splitlines()


CHANGES: list[tuple[Callable[[], Interface], list[Any]]] = [
    (lambda: made(), []),
    (lambda: made(name="other"), []),
    (lambda: made(protocol="5.1-MIBT"), [(False, "protocol")]),
    (lambda: made(protocol="4"), [(True, "protocol")]),
    (lambda: made(sensor={"description": "x"}), [(False, "description")]),
    (lambda: made(sensor={"units": "x"}), [(True, "units")]),
    (lambda: made(sensor={"type": "string"}), [(True, "type")]),
    (lambda: made(sensor={"params": (b"STOP", b"POINT", b"STOW")}), [(False, "options")]),
    (lambda: made(sensor={"params": (b"POINT", b"STOP")}), [(False, "options")]),
    (lambda: made(sensor={"params": (b"STOP",)}), [(True, "options")]),
    (lambda: made(request={"description": "x"}), [(False, "help")]),
    (lambda: made(request={"timeout_hint": 3.0}), [(False, "timeout_hint")]),
    (lambda: made(requests={"mode": made().requests["mode"]}), [(True, "")]),
    (lambda: made(requests={**made().requests, "x": Request("x", "", None)}), [(False, "")]),
]  # fmt: skip


@pytest.mark.parametrize(("new", "expected"), CHANGES)
def test_what_breaks_programs(new: Any, expected: list[Any]) -> None:
    found = changes({"a": made()}, {"b": new()})
    assert [(change.breaking, change.field) for change in found] == expected


def test_where_a_long_text_changed_is_seen(tmp_path: Path) -> None:
    for name, end in (("old", "then stop."), ("new", "then go on.")):
        help = {"description": f"{'Move the dish, ' * 20}{end}"}
        (tmp_path / name).write_text(document("x", {"x": made(request=help)}))
    done = katcp("icd", "diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert "help: ...Move the dish, then stop. -> ...Move the dish, then go on." in done.stdout


def test_changes_of_a_telescope() -> None:
    old, new = {"a": made(), "b": made()}, {"b": made(protocol="5.1"), "c": made()}
    assert changes(old, new) == [
        Change(True, "a", "device", "a", "removed"),
        Change(False, "b", "device", "b", "changed", "protocol", "5.1-MIB", "5.1"),
        Change(False, "c", "device", "c", "added"),
    ]


def test_changes_as_json(tmp_path: Path) -> None:
    for name, interface in (("old", made()), ("new", made(sensor={"units": "s"}))):
        (tmp_path / name).write_text(document("x", {"x": interface}))
    done = katcp("icd", "diff", str(tmp_path / "old"), str(tmp_path / "new"), "--json")
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout) == {
        "breaking": True,
        "device": "",
        "kind": "sensor",
        "name": "mode",
        "change": "changed",
        "field": "units",
        "old": "",
        "new": "s",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# Nothing of it", "its part for programs, at the end, is missing"),
        ('```json\n{"katcp-icd": 2}\n```\n', "its format is 2"),
        ('```json\n{"katcp-icd": 1, "interfaces": 3}\n```\n', "must be a list"),
        ('```json\n{"katcp-icd": 1, "interfaces": [3]}\n```\n', "must be an object"),
        ('```json\n{"katcp-icd": 1, "interfaces": [{"devices": ["x"]}]}\n```\n', "protocol must be text"),
        ('```json\n{"katcp-icd": 1, <<<<<<< HEAD\n```\n', "Expecting property name"),
        (b"\xff\xfe", "codec can't decode"),
    ],
)  # fmt: skip
def test_what_is_no_document(text: Any, why: str, tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = complaint("icd", "diff", str(file), str(file), status=2)
    assert f"{file} is no document of katcp icd: " in said
    assert why in said


def test_bad_words(address: str, tmp_path: Path) -> None:
    assert "two words, OLD and NEW" in complaint("icd", "diff", address, status=2)
    assert "katcp icd diff OLD NEW" in complaint("icd", address, address, status=2)
    gone = str(tmp_path / "gone.md")
    assert complaint("icd", "diff", gone, address, status=2).endswith("No such file or directory")
    here = complaint("icd", "diff", "127.0.0.1:1", address, "--timeout", "0.1", status=2)
    assert "not synced after 0.1 s" in here
