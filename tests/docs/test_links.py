"""Links between files of the repository lead somewhere, where the site does not look: on a code host."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from pages import ROOT

FILES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[!.]*/README.md")]


def links(file: Path) -> Iterator[str]:
    for token in MarkdownIt().parse(file.read_text()):
        for inline in token.children or ():
            yield from (str(inline.attrs[key]) for key in ("href", "src") if key in inline.attrs)


def anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)", file.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: str(file.relative_to(ROOT)))
def test_relative_links_lead_somewhere(file: Path) -> None:
    for link in links(file):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link
