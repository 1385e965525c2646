# shellcheck shell=sh disable=SC2034,SC2154
# NixOS says root=fstab, which systemd knows and dracut does not.
[ "$root" != fstab ] || rootok=1
