# shellcheck shell=sh
# One boot in the life of a machine: note what is there, then leave traces for the next boot.
rm -f stop
observe
retired
ls -d /naughty-* /home/alice/naughty-* >naughty 2>/dev/null || true
stat -c '%n %U:%G %a %i' /root/kept /home/alice/Documents/kept >kept 2>/dev/null || true
cat /root/kept /home/alice/Documents/kept >kept-words 2>/dev/null || true
stat -c '%n %U:%G %a' / /home /home/alice /root /persist >places || true
[ "$BACKEND" != zfs ] || zfs get -H -o property,value quota,ring:note "$PARENT/home" >properties
echo "$NUMBER" >"/naughty-$NUMBER"
su alice -c "echo $NUMBER >/home/alice/naughty-$NUMBER"
echo "$NUMBER" >>/root/kept
chmod 0640 /root/kept
su alice -c "echo $NUMBER >>/home/alice/Documents/kept"
stat -c '%n %U:%G %a %i' /persist/root/root/kept /persist/root/home/alice/Documents/kept >stored
if [ "$BACKEND" = zfs ] && [ "$NUMBER" = 3 ]; then
    python3 - /run/petrichor/declaration.json /run/few.json <<'END' || true
import json, sys
whole = json.load(open(sys.argv[1]))
for volume in whole["volumes"].values():
    if volume["backend"] == "zfs":
        volume["retired"] = {"keep": 1, "minFree": "0%"}
json.dump(whole, open(sys.argv[2], "w"))
END
    petrichor --config /run/few.json --yes prune >prune 2>&1 || echo $? >prune.exit
    zfs list -H -o name -d 1 "$PARENT/retired" >left || true
fi
if [ "$BACKEND" = zfs ] && [ "$NUMBER" = 1 ]; then
    zfs set quota=2G ring:note=remember "$PARENT/home"
fi
