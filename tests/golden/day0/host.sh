#!/bin/bash
# Makes this host an IGMPv2 host with a route for multicast, now and at every boot.
set -euo pipefail

cat > /etc/sysctl.d/90-mcastlab.conf <<'CONF'
# The Transit Gateway's multicast domain speaks IGMPv2, and the first report must be one already.
net.ipv4.conf.all.force_igmp_version = 2
CONF

cat > /etc/systemd/system/mcastlab-multicast-route.service <<'UNIT'
[Unit]
Description=Multicast leaves by the interface of the default route
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/etc/mcastlab/multicast-route

[Install]
WantedBy=multi-user.target
UNIT

mkdir -p /etc/mcastlab /etc/systemd/system/multi-user.target.wants
cat > /etc/mcastlab/multicast-route <<'ROUTE'
#!/bin/sh
set -eu
nic=$(ip -o route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
exec ip route replace 224.0.0.0/4 dev "$nic"
ROUTE
chmod 755 /etc/mcastlab/multicast-route
ln -sf ../mcastlab-multicast-route.service /etc/systemd/system/multi-user.target.wants/

sysctl -q -p /etc/sysctl.d/90-mcastlab.conf
/etc/mcastlab/multicast-route
