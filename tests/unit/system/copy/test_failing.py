"""Each refusal of the kernel has its class and says what to do."""

import os
from errno import EBUSY, EDQUOT, EIO, ELOOP, ENOENT, ENOSPC, EPERM, EROFS, EXDEV

import pytest

from petrichor.model.errors import MachineError, PrivilegeError, RefusedError
from petrichor.system.copy.failing import explained

CASES = [
    (ENOSPC, MachineError, "No space left", "free some space"),
    (EDQUOT, MachineError, "quota exceeded", "quota"),
    (EROFS, MachineError, "Read-only", "for writing"),
    (EIO, MachineError, "Input/output error", "dmesg"),
    (EPERM, PrivilegeError, "not permitted", "root"),
    (ENOENT, RefusedError, "moved meanwhile", "stop the programs"),
    (ELOOP, RefusedError, "moved meanwhile", "stop the programs"),
    (EXDEV, RefusedError, "it is mounted", "unmount"),
    (EBUSY, RefusedError, "it is mounted", "unmount"),
]


@pytest.mark.parametrize(("number", "kind", "said", "hint"), CASES)
def test_refusals(number: int, kind: type[Exception], said: str, hint: str) -> None:
    error = explained(OSError(number, os.strerror(number)), "copy", b"a/\xff")
    assert type(error) is kind
    assert error.message.startswith("cannot copy $'a/\\xff': ")
    assert said in error.message
    assert hint in error.hint
