# shellcheck shell=sh
# One boot between two power cuts: all that is looked at is in adopting.py.
tar -xpf ../product.tar -C /
python3 -m compileall -q /usr/lib/python3/dist-packages/petrichor
udevadm settle
mkdir -p /persist /home /run/petrichor
if [ "$BACKEND" = zfs ]; then
    zpool import -f -N -d /dev/disk/by-id rpool
    mount -t zfs rpool/persist /persist
else
    mount -o subvol=/persist /dev/disk/by-id/virtio-system /persist
fi
mkdir -p /persist/root
[ -e /persist/petrichor.toml ] || cp ../declaration.toml /persist/petrichor.toml
export BACKEND
python3 ../adopting.py "$POINT" || { tail -n 60 log >/dev/console; exit 1; }
sync
echo halt >stop
