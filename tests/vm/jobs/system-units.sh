# shellcheck shell=sh
# The same in the real system; it goes on where another job ended.
cp -rL /nix/store/s /run/look-at/system
systemctl show --property=Id,FragmentPath,DropInPaths,NeedDaemonReload \
    'petrichor-*' multi-user.target >loaded-system
(cd /run/look-at && find . -type f -exec sha256sum {} + | sed 's|  \./|  |') >sums
