"""A runner that answers from recorded output."""

from collections.abc import Collection, Mapping, Sequence

from petrichor.model.errors import CommandError
from petrichor.system.command import Result


class FakeRunner:
    """Answers known command lines; any other one is a tool's failure with exit code 1."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, bool, bytes | None, float | None]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        changes: bool,
        ok: Collection[int] = (0,),
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Result:
        line = " ".join(argv)
        self.calls.append((line, changes, stdin, timeout))
        code = 0 if line in self.answers else 1
        if code not in ok:
            raise CommandError(line)
        return Result(argv=tuple(argv), code=code, stdout=self.answers.get(line, b""))
