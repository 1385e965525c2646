# shellcheck shell=sh
# What every job begins with.  It runs in a directory of its own; what it leaves there is its result.
set -eux

disk() {
    for block in /sys/block/*; do
        [ "$(cat "$block/serial" 2>/dev/null)" = "$1" ] && echo "/dev/${block##*/}" && return
    done
    return 1
}

# Waits until petrichor-boot.service has said its verdict.
verdict() {
    for _ in $(seq 240); do
        case $(systemctl show --property=ActiveState,SubState --value petrichor-boot.service | tr '\n' ' ') in
            'active exited '* | 'failed '* | 'inactive '*) return 0 ;;
        esac
        sleep 0.5
    done
    return 1
}

# Notes what the machine looks like: status, units, mounts, and what lies on a volume.
observe() {
    verdict
    petrichor --json status >status.json 2>status.err || echo $? >status.exit
    systemctl --failed --plain --no-legend >failed
    systemctl is-system-running >running || true
    cat /proc/self/mountinfo >mountinfo
    cat /proc/cmdline >cmdline
    cat /proc/sys/kernel/random/boot_id >boot-id
    mkdir -p /run/look
    for volume in / /home; do
        mount --bind "$volume" /run/look
        name=$(echo "$volume" | tr -d /)
        (cd /run/look && find . ! -path '*/ring-*/*' | sort) >"tree-${name:-root}" || true
        umount /run/look
    done
    journalctl -b -o short-monotonic --no-hostname >journal
    journalctl -b -o cat -u 'petrichor*' >journal-petrichor
}

# Lists what every retired volume holds, one line per file: NAME/PATH; but not what the ring's
# machines have in /usr.  Runs in the initrd as well.
retired() {
    : >retired
    mkdir -p /run/look
    if [ "$BACKEND" = zfs ]; then
        zfs list -H -o name -r "$PARENT/retired" | while read -r name; do
            [ "$name" = "$PARENT/retired" ] && continue
            mount -t zfs -o ro "$name" /run/look
            (cd /run/look && find . ! -path './usr/*') | sed "s|^\.|${name##*/}|" >>retired
            umount /run/look
        done
        zfs list -H -t all -o name -r "$PARENT" >volumes
    else
        mount -o subvolid=5 /dev/disk/by-label/system /run/look
        (cd /run/look/retired && find . -mindepth 1 ! -path './*/usr/*') | sed 's|^\./||' >>retired || true
        btrfs subvolume list /run/look | sed 's/.* path //' >volumes
        umount /run/look
    fi
}

# Prints owner, mode and content of a file.
shown() {
    stat -c '%U:%G %a' "$1"
    cat "$1"
}

# Prints all that a tree consists of, a line each, without inode numbers.
manifest() (
    cd "$1"
    find . -type f -printf '%p %y %U:%G %m %T@ %s %n\n' -o -printf '%p %y %U:%G %m %T@ %l\n' | sort
    find . -type f -exec sha256sum {} + | sort -k 2
    find . -print0 | sort -z | xargs -0 getfattr -h -d -m -
    find . ! -type l -print0 | sort -z | xargs -0 getfacl -n
)
