"""The blocks of the pages that users read, as the tests of the documentation run them.

``python`` is a program, or tests if it has ``def test_``; a ``text`` right after it is what it prints.
``pycon`` are pieces of one session, all those of a page together. In ``console`` and ``sh`` the lines
that begin with ``$ `` are commands, and the others what they print. In what is printed ``...`` stands for
anything, and a number with a point or a time of day for any other. An HTML comment before a block
says ``<!-- not run: REASON -->``, or ``<!-- goes on -->`` of a command that is ended by Ctrl-C once what
is shown has come.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

__all__ = ["PAGES", "ROOT", "Block", "Command", "blocks_of", "commands_of"]

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = ("python", "pycon", "console", "sh")

_COMMAND = re.compile(r"\$ (?P<what>(?:.*\\\n)*.*)\n?(?P<shown>(?:(?!\$ ).*\n?)*)")
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


class Block(NamedTuple):
    """What is fenced in a page; `line` is that of its first line, `shown` what it prints."""

    line: int
    language: str
    text: str
    shown: str = ""
    not_run: str = ""
    goes_on: bool = False

    @property
    def tests(self) -> bool:
        """Whether pytest runs it."""
        return self.language == "python" and "def test_" in self.text


class Command(NamedTuple):
    """A command, and what the page shows of its output."""

    what: str
    shown: str


def blocks_of(page: Path) -> Iterator[Block]:
    """Give the blocks of a page that are run, and those that say why they are not."""
    tokens = [t for t in MarkdownIt().parse(page.read_text()) if t.nesting == 0]
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.type != "fence" or token.map is None:
            continue
        language = token.info.strip()
        assert not language.startswith("{code"), f"{page}: only plain fences are run"
        if language not in RUN:
            continue
        comment = before.content.strip() if before and before.type == "html_block" else ""
        reason = _NOT_RUN.search(comment)
        printed = after is not None and after.type == "fence" and after.info.strip() == "text"
        yield Block(
            token.map[0] + 1,
            language,
            token.content,
            after.content if printed and after and language == "python" else "",
            reason[1] if reason else "",
            comment == "<!-- goes on -->",
        )


def commands_of(text: str) -> list[Command]:
    """Take a ``console`` block apart.

    Raises
    ------
    ValueError
        If it does not begin with a command.
    """
    if not text.startswith("$ "):
        raise ValueError("a block of commands begins with '$ '")
    found = _COMMAND.finditer(text)
    return [Command(match["what"].replace("\\\n", ""), match["shown"]) for match in found]
