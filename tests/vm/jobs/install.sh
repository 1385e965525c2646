# shellcheck shell=sh
# Lays out the disk with `petrichor init` and fills it, from a machine that runs elsewhere.
# BACKEND: zfs, or btrfs.  ROOT: `empty` has /usr on its own, `full` has the whole installed system
# in the root's baseline.  OLD: put a file onto the root that the first reset has to take away.
# KEY: where the first encrypted dataset begins, for an encrypted pool.
# A file layout.sh makes the volumes in the place of `petrichor init`, and is run twice; NAME.fill is a
# tar of what else belongs on the filesystem NAME.
system=/dev/disk/by-id/virtio-system
content=$(disk content)
at=/mnt
top=/run/top
tar -xpf ../product.tar -C /
udevadm settle

pool() {
    zpool create -f -o ashift=12 -O mountpoint=none -O canmount=off -O atime=off -O xattr=sa \
        -O acltype=posixacl -O sync=disabled rpool "$system"
    [ -z "$KEY" ] || encrypted "$KEY"
}
encrypted() {
    mkdir -p /etc/ring
    cp ../key /etc/ring/key
    zfs create -o encryption=aes-256-gcm -o keyformat=raw -o keylocation=file:///etc/ring/key \
        -o mountpoint=legacy "$1"
    [ "$1" != "$PARENT/root" ] || from=--baseline-from-content
}
# Where a volume or filesystem of the declaration is to be seen: place NAME
place() {
    if [ "$BACKEND" = zfs ]; then mount -t zfs "${PARENT}/$1" "$at"; else mount -o "subvol=/$1" "$system" "$at"; fi
}
unpack() { tar -xpf "$content" -C "$@"; }

if [ "$BACKEND" = zfs ]; then
    pool
else
    mkfs.btrfs -q -f -L system "$system"
    udevadm trigger --settle "$(readlink -f "$system")"
fi
if [ "$ROOT" = full ]; then
    zfs create -o mountpoint=legacy "$PARENT/root"
    place root
    unpack "$at" --exclude=./home
    tar -xpf ../product.tar -C "$at"
    mkdir -p "$at/home" "$at/persist" "$at/etc/petrichor" "$at/srv/data" "$at/var/lib/ring"
    umount "$at"
    from=--baseline-from-content
fi
if [ -e ../layout.sh ]; then
    for number in 1 2; do
        sh -eux ../layout.sh
        zfs list -H -t snapshot -o name,guid,userrefs >"baselines-$number"
    done
else
    mkdir -p /target/etc
    cp /etc/passwd /etc/group /target/etc
    petrichor --yes --root /target --config "$PWD/../declaration.toml" init ${from-} >init.txt 2>&1 ||
        { cat init.txt; exit 1; }
    cat init.txt
fi
if [ "$ROOT" = empty ]; then
    place usr
    unpack "$at" --strip-components=2 ./usr
    tar -xpf ../product.tar -C "$at" --strip-components=1 usr
    umount "$at"
fi
if [ "$ROOT" != bare ]; then
    place persist
    mkdir -p "$at/root/etc/petrichor"
    [ "$ROOT" = full ] || unpack "$at/root" ./etc ./var
    [ ! -e ../declaration.toml ] || cp ../declaration.toml "$at/root/etc/petrichor/petrichor.toml"
    umount "$at"
fi
for fill in ../*.fill; do
    [ -e "$fill" ] || continue
    place "$(basename "$fill" .fill)"
    tar -xpf "$fill" -C "$at"
    umount "$at"
done
if [ -n "$OLD" ]; then
    place root
    echo "$OLD" >"$at/$OLD"
    umount "$at"
fi
if [ "$BACKEND" = zfs ]; then
    zfs hold petrichor "$PARENT/root@blank" || true
    zfs inherit sync rpool
    zfs list -r -t all -o name,used rpool >volumes
    zpool export rpool
else
    mkdir -p "$top"
    mount -o subvolid=5 "$system" "$top"
    btrfs subvolume list "$top" >volumes
    umount "$top"
fi
echo halt >stop
