"""The dracut module that carries the boot path into an initrd: dracut.modules(7)."""

from collections.abc import Iterable

from petrichor.render.unit import section, unit_text

MODULE = "90petrichor"
HANDOVER_UNIT = "petrichor-handover.service"
ZFS_ONESHOTS = ("zfs-env-bootfs.service", "zfs-nonroot-necessities.service")
"""Units of zfs-dracut that prepare the root."""

_SETUP = """\
#!/bin/bash
# Written by petrichor render.  Runs on the host, when dracut builds an initrd.

check() {{
    return 0
}}

depends() {{
    echo systemd {modules}
}}

installkernel() {{
    hostonly='' instmods {drivers}
}}

install() {{
    # shellcheck disable=SC2154 # moddir is set by dracut
    local tree="$moddir/initrd" file
    inst_multiple {tools}
    while IFS= read -r -d '' file; do
        inst_simple "$tree/$file" "/$file"
    done < <(cd "$tree" && find . -type f -printf '%P\\0')
}}
"""


def module_setup(tools: Iterable[str], types: Iterable[str]) -> str:
    """Return ``module-setup.sh``; ``types`` are the filesystem types that the boot mounts."""
    known = sorted(set(types))
    modules = " ".join(name for name in known if name in ("zfs", "btrfs"))
    drivers = " ".join(name for name in known if name not in ("none", "tmpfs", "zfs"))
    text = _SETUP.format(
        tools=" ".join(sorted(set(tools))), modules=modules, drivers=drivers or "loop"
    )
    return text.replace("systemd \n", "systemd\n")


def once_units(types: Iterable[str]) -> dict[str, str]:
    """Return drop-ins that let zfs-dracut's units run once, where the initrd has ZFS.

    Without ``RemainAfterExit=`` they are started again by initrd-cleanup.service, whose isolation
    pulls in initrd-root-fs.target and zfs-import.target, and are killed as soon as the root is
    switched: on a slow machine that leaves failed units behind.
    """
    if "zfs" not in types:
        return {}
    once = unit_text(section("Service", [("RemainAfterExit", "yes")]))
    return {f"{name}.d/petrichor.conf": once for name in ZFS_ONESHOTS}
