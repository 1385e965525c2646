# shellcheck shell=sh
# After the reboot: what was kept is there, what was not comes back from the boot before.
verdict
petrichor --json status >status.json || true
systemctl --failed --plain --no-legend >failed
manifest /home/alice/.mozilla >left
stat -c '%d %i' /home/alice/.mozilla /persist/root/home/alice/.mozilla >inodes
ls /home/alice >home
shown /home/alice/.settings >settings
petrichor history >history
petrichor --yes restore /home/alice/notes >restore 2>&1
stat -c '%U:%G %a %y %s' /home/alice/notes >notes
sha256sum /home/alice/notes >>notes

petrichor --yes forget /home/alice/.mozilla >forget 2>&1
ls -A /home/alice/.mozilla >forgotten || true
manifest /persist/root/home/alice/.mozilla >stored
petrichor stale >stale || true
petrichor --yes prune --stale /persist/root/home/alice/.mozilla >prune 2>&1
ls -A /persist/root/home/alice >store
cat /etc/petrichor/petrichor.toml >declaration
tar -cf module -C /usr/lib/dracut/modules.d/90petrichor/initrd .
