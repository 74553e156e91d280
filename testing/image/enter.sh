# Starts an image's program as a container runtime would, as process 1 of namespaces of its own: the file system read-only,
# what a pod mounts over it, its user, no capabilities, and no way to get any.
# usage: enter.sh PID-FILE CGROUP-PROCS|- ROOT SOCKET-FOLDER ACCOUNT-FOLDER USER:GROUP NAME=VALUE... -- PROGRAM ARGUMENT...
set -eu
pid_file=$1 cgroup=$2 root=$3 socket=$4 account=$5 user=$6
shift 6
# Its number outside: /proc is still that of the namespace outside.
read -r pid _ </proc/self/stat
# 0 is whoever writes it.
[ "$cgroup" = - ] || echo 0 >"$cgroup"
mount --bind "$root" "$root"
mount --bind "$socket" "$root/csi"
mount --bind "$account" "$root/var/run/secrets/kubernetes.io/serviceaccount"
mount --options remount,bind,ro "$root/var/run/secrets/kubernetes.io/serviceaccount"
mount --types proc proc "$root/proc"
mount --options remount,bind,ro "$root"
setpriv=$(command -v setpriv)
chroot=$(command -v chroot)
# `env` sets the variables that stand in front of what it starts, so that what is behind `--` comes behind chroot.
variables=
while [ "$1" != -- ]; do
  variables="$variables $1"
  shift
done
shift
echo "$pid" >"$pid_file"
# chroot and the change of user need these three; the change of user takes them away, and nothing can bring them back.
# shellcheck disable=SC2086 # a list of words
exec env -i $variables "$setpriv" --no-new-privs --inh-caps=-all --bounding-set=-all,+sys_chroot,+setuid,+setgid \
  "$chroot" --userspec="$user" --groups= "$root" "$@"
