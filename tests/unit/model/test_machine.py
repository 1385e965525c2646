"""Facts that answer a question about themselves."""

from petrichor.model.machine import Kernel


def test_the_last_value_on_the_command_line_counts() -> None:
    kernel = Kernel(release="6", boot_id="0", words=("root=a", "root=b=c", "quiet"))
    assert kernel.value("root") == "b=c"
    assert kernel.value("quiet") is None
