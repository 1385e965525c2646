"""tmpfs volumes."""

from pathlib import PurePosixPath

from petrichor.model.declaration import Phase, TmpfsVolume
from petrichor.plan.volumes import tmpfs


def test_a_tmpfs_needs_no_steps() -> None:
    volume = TmpfsVolume(mountpoint=PurePosixPath("/srv"), phase=Phase.SYSTEM)
    assert tmpfs.reset_plan(volume, {}).steps == ()
    assert tmpfs.ordering(volume).after == () and tmpfs.assets(volume) == ()


def test_its_top_has_the_mode_of_an_ordinary_directory() -> None:
    plain = TmpfsVolume(mountpoint=PurePosixPath("/srv"), phase=Phase.SYSTEM)
    assert tmpfs.mount_plan(plain).options == ("mode=0755",)
    sized = TmpfsVolume(mountpoint=PurePosixPath("/srv"), phase=Phase.SYSTEM, options=("size=1G",))
    assert tmpfs.mount_plan(sized).options == ("mode=0755", "size=1G")
    own = TmpfsVolume(mountpoint=PurePosixPath("/srv"), phase=Phase.SYSTEM, options=("mode=0700",))
    assert tmpfs.mount_plan(own).options == ("mode=0700",)
