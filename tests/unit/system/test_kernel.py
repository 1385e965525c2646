"""The kernel's files, laid out below a temporary folder."""

from pathlib import Path

import pytest

from petrichor.system.kernel import parse_cmdline, read_kernel, resume_device


def test_words() -> None:
    line = b'BOOT_IMAGE=/vmlinuz root=zfs:AUTO quiet a="b c" "d=e f" it\'s x=\\y #not\n'
    assert parse_cmdline(line) == (
        *("BOOT_IMAGE=/vmlinuz", "root=zfs:AUTO", "quiet", "a=b c", "d=e f", "it's", "x=\\y"),
        "#not",
    )
    assert parse_cmdline(b'a "b\n') == ("a", '"b')
    assert parse_cmdline(b"") == ()


def test_facts_of_a_boot(tmp_path: Path) -> None:
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("01234567-89ab-cdef-0123-456789abcdef\n")
    (tmp_path / "cmdline").write_bytes(b"root=a root=LABEL=b x\n")
    kernel = read_kernel(tmp_path, tmp_path)
    assert kernel.boot_id == "0123456789abcdef0123456789abcdef"
    assert kernel.value("root") == "LABEL=b"
    assert kernel.value("x") is None
    assert kernel.release
    assert kernel.resume == ""


@pytest.mark.parametrize(
    ("words", "number", "device"),
    [
        ((), "0:0", ""),
        ((), "8:2", "8:2"),
        ((), None, ""),
        (("resume=UUID=1",), "0:0", "UUID=1"),
        (("resume=UUID=1", "noresume"), "8:2", ""),
    ],
)
def test_resume(words: tuple[str, ...], number: str | None, device: str, tmp_path: Path) -> None:
    if number is not None:
        (tmp_path / "power").mkdir()
        (tmp_path / "power/resume").write_text(f"{number}\n")
    assert resume_device(words, tmp_path) == device
