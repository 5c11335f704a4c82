#!/bin/sh
# First process of a lab host: gives systemd the writable trees it needs, then becomes systemd.
# Without it (and --cgroupns=private) systemd says "running", but MemoryMax and CPUQuota are silently not enforced.
set -e
mount -o remount,rw /sys
mount -o remount,bind,rw /proc/sys
for d in /sys/fs/cgroup/*; do
    if [ -d "$d" ]; then mount -o remount,bind,rw "$d" 2>/dev/null || true; fi
done
if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
    # cgroup v1: Docker mounts only the v1 controllers; the pressure files (PSI) are in the unified tree.
    mount -o remount,rw /sys/fs/cgroup
    mkdir -p /sys/fs/cgroup/unified
    mountpoint -q /sys/fs/cgroup/unified || mount -t cgroup2 none /sys/fs/cgroup/unified
else
    mount -o remount,bind,rw /sys/fs/cgroup
fi
rm -rf /var/run/docker.pid /run/docker/containerd
exec /sbin/init
