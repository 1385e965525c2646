# shellcheck shell=sh
# In the initrd, after a reset that followed a power cut: what is on the root, what was retired?
systemctl show --property=ActiveState --value 'petrichor-reset@-.service' >reset
(cd /sysroot && find . -mindepth 1 -maxdepth 1 ! -name persist) >root
retired
[ "$BACKEND" != zfs ] || zfs get -H -o value encryptionroot "$PARENT/root" >encryption-root
journalctl -b -o cat -u 'petrichor*' >journal-petrichor 2>/dev/null || true
systemctl --failed --plain --no-legend >failed
echo halt >stop
