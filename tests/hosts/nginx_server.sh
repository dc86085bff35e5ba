# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced after checks.sh and install.sh.  A private nginx under $folder, on loopback only.
#   nginx_find LOG       or nginx_find_local, which fetches nothing; else $reason, 1
#   nginx_prepare        builds the module and puts into $folder what nginx has to reach
#   nginx_start WORKERS  with the servers that nginx_http prints; sets $port_nginx
#   nginx_reload, nginx_stop
# $BUILD is the build folder, $root the source's.

nginx_user=
nginx_group=$(id -gn)
if test "$(id -u)" = 0; then
  nginx_user='user www-data;'
  nginx_group=www-data
fi

nginx_find_local() {
  reason="no nginx, or no package nginx-dev"
  command -v nginx >/dev/null && test -e /usr/share/nginx/src/conf_flags
}

nginx_find() {
  nginx_find_local && return 0
  need_packages "$1" nginx:nginx-light || return 1
  nginx_find_local && return 0
  test "$(id -u)" = 0 && command -v apt-get >/dev/null || return 1
  forbid_autostart
  { apt_install nginx-dev || { apt-get update -q && apt_install nginx-dev; }; } >"$1" 2>&1
  allow_autostart
  nginx_find_local
}

nginx_prepare() {
  mkdir -p "$folder/nginx" "$folder/www/in" && chmod 755 "$folder/www" &&
    make -s -C "$root" BUILD="$BUILD" nginx-module &&
    cp "$BUILD/examples/nginx/ngx_http_weir_module.so" "$folder/nginx/"
}

nginx_conf() {
  cat <<END
load_module $folder/nginx/ngx_http_weir_module.so;
daemon on;
$nginx_user
worker_processes $1;
pid $folder/nginx/nginx.pid;
error_log $folder/nginx/error.log notice;
events { worker_connections 512; }
http {
  access_log off;
  keepalive_requests 10000000;
  client_body_temp_path $folder/nginx/b;
  proxy_temp_path $folder/nginx/p;
  fastcgi_temp_path $folder/nginx/f;
  scgi_temp_path $folder/nginx/s;
  uwsgi_temp_path $folder/nginx/u;
  default_type text/plain;
  weir_table $table;
$(nginx_http)
}
END
}

# -e: an nginx of Debian would else open its own log first.
nginx_run() {
  nginx -e "$folder/nginx/error.log" -c "$folder/nginx/nginx.conf" "$@" >>"$folder/nginx/out" 2>&1
}

nginx_answers() {
  curl -s -o "$folder/nginx/null" "http://127.0.0.1:$port_nginx/"
}

nginx_start() {
  for attempt in 1 2 3; do # another program may take the port in between
    port_nginx=$(free_ports 1) || return 1
    nginx_conf "$1" >"$folder/nginx/nginx.conf"
    nginx_run && wait_for nginx_answers && return 0
    echo "attempt $attempt to start nginx failed: $(tail -n 1 "$folder/nginx/out")"
    nginx_stop
  done
  return 1
}

nginx_workers() {
  cat "/proc/$1/task/$1/children" 2>/dev/null
}

# The old workers have gone when this returns.
nginx_reload() {
  master=$(cat "$folder/nginx/nginx.pid")
  old=$(nginx_workers "$master")
  nginx_run -s reload
  for worker in $old; do
    wait_for gone "$worker"
  done
}

gone() {
  ! alive "$1"
}

nginx_stop() {
  master=$(cat "$folder/nginx/nginx.pid" 2>/dev/null) || return 0
  test -z "$master" || stop_process "$master"
}
