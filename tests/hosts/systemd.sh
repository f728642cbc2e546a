#!/usr/bin/env bash
# On a throw-away systemd host, as root: installs the binaries of FOLDER and the units of policies/host/systemd, has a
# program run through the socket by an ordinary user of the group, and shows what is left when the socket is closed.
#   tests/hosts/systemd.sh FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binaries=$(cd "${1:?the folder of the three binaries}" && pwd)

install -D -m 755 -t /usr/local/bin "$binaries/oubliette"
install -D -m 755 -t /usr/local/libexec/oubliette "$binaries/oubliette-jailer" "$binaries/oubliette-guest"
install -D -m 644 -t /etc/systemd/system "$root"/policies/host/systemd/*
install -d -m 755 /etc/oubliette
cat >/etc/oubliette/oubliette.toml <<TOML
[limits]
wall_ms = 120000
cpu_s = 60
[servers.shop]
command = "/usr/local/bin/oubliette"
args = ["demo-server"]
TOML
getent group oubliette-hosts >/dev/null || groupadd --system oubliette-hosts
systemctl daemon-reload
systemctl start oubliette.socket

code='const page = await tools.shop.list_orders({ page: 1 }); return page.orders.length > 0;'
answers=$(mktemp)
# The host stays connected until it has its answer, or the service has failed.
ask() {
    printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"systemd.sh","version":"1"}}}' \
        '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"execute\",\"arguments\":{\"code\":\"$code\"}}}"
    for _ in $(seq "${PATIENCE:-30}"); do
        grep -q '"id":2' "$answers" && break
        [[ -z $(systemctl list-units --failed --no-legend 'oubliette@*') ]] || break
        sleep 1
    done
}
ask | socat STDIO UNIX-CONNECT:/run/oubliette.sock >"$answers" || true
journalctl --no-pager -q -n 60 -u 'oubliette@*'
cat "$answers"
grep -q '"value":true' "$answers"
systemd-analyze security --no-pager --offline=true /etc/systemd/system/oubliette@.service | tail -n 1
systemctl stop oubliette.socket
for _ in $(seq "${PATIENCE:-10}"); do
    pgrep oubliette >/dev/null || break
    sleep 1
done
if pgrep -a oubliette || find /sys/fs/cgroup -name 'oubliette-run-*' | grep .; then
    echo "something is left"
    exit 1
fi
echo "PASSED: a program ran through the socket, in every layer, and nothing is left"
