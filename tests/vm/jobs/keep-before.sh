# shellcheck shell=sh
# What a new user does: touches files in a browser's profile, asks what would be lost, keeps it.
verdict
petrichor --json status >status.json || true
systemctl --failed --plain --no-legend >failed
# Where an initrd is built: `keep` writes its module, and the ring appends it to the initrd.
mkdir -p /usr/lib/dracut/modules.d
printf '#!/bin/sh\necho "$@" >/run/dracut-was-called\n' >/usr/local/bin/dracut
chmod 0755 /usr/local/bin/dracut

cd /home/alice
su alice -s /bin/sh -c '
    profile=.mozilla/firefox/ring.default/storage
    mkdir -p "$profile"
    cd "${profile%/*}"
    head -c 300000 /dev/urandom >places.sqlite
    echo "user_pref(\"ring\", 1);" >prefs.js
    ln prefs.js prefs.second
    ln -s places.sqlite lock
    chmod 0600 places.sqlite
    chmod 0700 storage
    setfattr -n user.ring -v remembered prefs.js
    touch -d 2001-02-03T04:05:06.789 places.sqlite storage
'
setfacl -m u:games:r .mozilla/firefox/ring.default/prefs.js
head -c 100000 /dev/urandom >notes
chown alice:alice notes
chmod 0604 notes
cd "$OLDPWD"

petrichor diff >diff
manifest /home/alice/.mozilla >profile
petrichor --yes keep /home/alice/.mozilla >keep 2>&1
manifest /home/alice/.mozilla >kept
stat -c '%d %i' /home/alice/.mozilla /persist/root/home/alice/.mozilla >inodes
su alice -c 'echo later >/home/alice/.mozilla/later'
manifest /home/alice/.mozilla >left
stat -c '%U:%G %a %y %s' /home/alice/notes >notes
sha256sum /home/alice/notes >>notes
cat /run/dracut-was-called >dracut
cat /etc/petrichor/petrichor.toml >declaration
tar -cf module -C /usr/lib/dracut/modules.d/90petrichor/initrd .

# A file that its program replaces, kept by copies: the last change is for the shutdown to save.
su alice -c 'cd && echo first >.new && chmod 0640 .new && mv .new .settings'
for _ in $(seq 120); do
    [ ! -e /persist/root/home/alice/.settings ] || break
    sleep 0.5
done
shown /persist/root/home/alice/.settings >saved
systemctl stop 'petrichor-save@*.path'
su alice -c 'cd && echo second >.settings'
