# shellcheck shell=sh
# In the initrd, right after the root was reset and mounted: how does it differ from its baseline?
mkdir -p /run/look
zfs diff "$PARENT/root@blank" "$PARENT/root" >diff-root
mount -t zfs -o ro "$PARENT/home" /run/look
zfs diff "$PARENT/home@blank" "$PARENT/home" >diff-home
umount /run/look
ls /sysroot >initrd-root
echo go-on >stop
