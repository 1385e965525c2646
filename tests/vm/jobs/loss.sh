# shellcheck shell=sh
# Is what `petrichor diff` says exactly what a reset takes?  All of it is in loss.py.
tar -xpf ../product.tar -C /
zpool create -f -o ashift=12 -O mountpoint=none -O xattr=sa -O acltype=posixacl rpool \
    /dev/disk/by-id/virtio-system
mkdir -p /run/petrichor # as on a machine that booted with it
python3 -m compileall -q /usr/lib/python3/dist-packages/petrichor
python3 ../loss.py
echo halt >stop
