"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from katcp.cli._whole_file import put_whole


def test_a_link_is_followed(tmp_path: Path) -> None:
    there, link = tmp_path / "there", tmp_path / "link"
    there.write_bytes(b"old")
    link.symlink_to(there)
    put_whole(link, b"new")
    assert link.is_symlink()
    assert there.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [link, there]


def test_what_is_no_file_is_written_to() -> None:
    put_whole(Path("/dev/null"), b"new")
    assert not Path("/dev/null").is_file()


def test_an_error_has_the_name_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "nosuch" / "file"
    with pytest.raises(FileNotFoundError) as raised:
        put_whole(path, b"new")
    assert raised.value.filename == str(path)
