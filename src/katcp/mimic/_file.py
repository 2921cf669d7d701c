"""The file of a mimic: TOML, made to be read and edited by people."""

import re
import tomllib
from pathlib import Path
from typing import Any

from ..errors import SpecError
from ..model import Interface, Request, SensorDescription
from ..wire import VALUE_TYPES, ProtocolFlags, decode_params, decode_text, encode_text
from ._bytes import escaped, unescaped
from ._likeness import Answer, Likeness
from ._motion_table import motion_from, motion_plain
from ._table import Table
from ._toml import toml

__all__ = ["read_likeness", "text_of"]

_HEADER = r"""# What is known of a KATCP device, learnt by katcp mimic. katcp sim serves a device that looks like it:
#
#     katcp sim FILE.toml --port 5000
#
# Edit it as you like; katcp sim says what is wrong with it. Requests that are not built in (help,
# sensor-value, watchdog and the like) are answered by what their table says, and change nothing:
#
#     [request.mode]
#     help = "Set the mode"
#     help_in_full = "Set the mode to ..."    # for ?help mode, if that is more than what ?help lists
#     reply = ["ok", "STOP"]             # the words of the reply; ["fail", "Too windy"] is one, too
#     informs = [["20%"], ["40%"]]       # the words of the informs before it, if any
#     after = 1.5                        # seconds until it comes
#     timeout_hint = 10                  # what the device says how long it may take
#
# A sensor has description, type, units, params (the options of a discrete one) and motion:
#
#     motion = "constant"    value, status
#     motion = "states"      states: each with value, status, and the seconds that it lasts, in turn
#     motion = "noise"       low, high, mean, deviation: by chance, each time another
#     motion = "walk"        low, high, step: drifts, by so much each time
#     motion = "ramp"        low, high, step: goes up (or down, if negative) and begins again
#     motion = "clock"       offset: the time, so many seconds later
#
# All but the first two move every so many seconds (every), and have a status; numbers can have
# statuses, each with how often it is met (share) and for which numbers (low, high); and the significant
# digits of a float. A value is a number, true, false, or the text that goes on the wire.
# In any text \\xNN stands for the byte NN (hexadecimal), where a device sends what is no text.

"""


def text_of(likeness: Likeness) -> str:
    """Give the file of a likeness."""
    plain = likeness.interface.plain()
    requests, sensors = plain.pop("request"), plain.pop("sensor")
    for name, table in requests.items():
        if name in likeness.explained:
            table["help_in_full"] = likeness.explained[name]
        if name in likeness.answers:
            table.update(_answer_plain(likeness.answers[name]))
    for name, table in sensors.items():
        table.update(motion_plain(likeness.motions[name], table["type"], _major(plain["protocol"])))
    plain["first_status"] = likeness.first_status
    plain["versions"] = {name: list(words) for name, words in likeness.versions.items()}
    whole = {**plain, "sensor": sensors, "request": requests}
    return _HEADER + toml(escaped(whole))


def read_likeness(path: Path) -> Likeness:
    """Read the file of a mimic.

    Raises
    ------
    SpecError
        If something in it is wrong; one line that names file, table and key.
    OSError
        If it cannot be read.
    """
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as exc:
        raise SpecError(f"{path} is no UTF-8 at byte {exc.start}; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as exc:
        raise SpecError(f"{path} is no TOML: {exc}") from None
    if "clients" in plain:
        raise SpecError(
            f"{path} is a telescope file, not that of a mimic: katcp mimic writes one; "
            "katcp sim --antennas serves a telescope"
        )
    return _likeness(str(path), unescaped(plain))


def _likeness(path: str, plain: dict[str, Any]) -> Likeness:
    top = Table(path, plain)
    name, protocol = top.text("name", path), top.text("protocol")
    if ProtocolFlags.announced(protocol.encode("utf-8", "replace"))[0] is None:
        top.fail("protocol", 'a version of KATCP like "5.1-MIB" or "4.0"', protocol)
    first_status = top.flag("first_status", default=True)
    likeness = Likeness(Interface(name, protocol, {}, {}), {}, first_status=first_status)
    versions = top.table("versions")
    likeness.versions.update((name, versions.words(name)) for name, _ in versions.items())
    for request, table in top.named("request"):
        _take_request(likeness, request, table)
    for sensor, table in top.named("sensor"):
        _take_sensor(likeness, sensor, table)
    top.end()
    return likeness


def _take_request(likeness: Likeness, name: str, table: Table) -> None:
    if not re.fullmatch("[A-Za-z][A-Za-z0-9-]*", name):
        table.fail("its name", "letters, digits and dashes, a letter first", name)
    hint = table.number("timeout_hint", above=0) if "timeout_hint" in table else None
    likeness.interface.requests[name] = Request(name, table.text("help"), hint)
    if "help_in_full" in table:
        likeness.explained[name] = table.text("help_in_full")
    if {"reply", "informs", "after"} & {key for key, _ in table.items()}:
        reply, informs = table.words("reply", ["ok"]), table.word_lists("informs")
        if not reply:
            table.fail("reply", 'a list of text, like ["ok"]', [])
        likeness.answers[name] = Answer(reply, informs, table.number("after", 0.0, least=0.0))
    table.end()


def _take_sensor(likeness: Likeness, name: str, table: Table) -> None:
    if not name:
        table.fail("its name", "some text", name)
    description, units = table.text("description", ""), table.text("units", "")
    type_name = table.one_of("type", list(VALUE_TYPES))
    params = tuple(map(encode_text, table.words("params", [])))
    major = _major(likeness.interface.protocol)
    if type_name in ("integer", "float") and params and not decode_params(type_name, params, major):
        table.fail("params", f"text that is {type_name}s", list(map(decode_text, params)))
    likeness.interface.sensors[name] = SensorDescription(
        name, description, units, type_name, params
    )
    likeness.motions[name] = motion_from(table, type_name, major)
    table.end()


def _answer_plain(answer: Answer) -> dict[str, Any]:
    plain: dict[str, Any] = {"reply": list(answer.reply)}
    if answer.informs:
        plain["informs"] = [list(words) for words in answer.informs]
    if answer.after:
        plain["after"] = answer.after
    return plain


def _major(protocol: str) -> int:
    return ProtocolFlags.parse_version(protocol).major
