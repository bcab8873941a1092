#!/bin/sh
# Starts nginx with a copy of its configuration, because nginx reads no environment variables, and where containers share
# a machine they have other ports: PORT is its own then, PORT_3000 the shop's, and VOLUME_RUN the volume's directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
run=${VOLUME_RUN:-/run/webserver}
cp -R "$here/etc/nginx/." "$run"
ln -sfn "$here/html" "$run/html"
mkdir -p "$run/tmp"
sed -i "s/listen 80 /listen ${PORT:-80} /" "$run"/conf.d/*.conf
sed -i "s/127.0.0.1:3000/127.0.0.1:${PORT_3000:-3000}/" "$run"/upstream.d/*.conf
# Its workers are who started it, to whom these files belong.
if [ "$(id -u)" = 0 ]; then user='user root root;'; fi
exec nginx -e stderr -p "$run" -c "$run/nginx.conf" -g "daemon off; ${user:-}"
