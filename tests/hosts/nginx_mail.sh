# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced after checks.sh, install.sh and nginx_server.sh.  A private nginx under $folder that
# proxies mail.
#   mail_proxy_find LOG     installs nginx and its mail module where missing; else $reason, 1
#   mail_proxy_start COUNT  with the servers that mail_servers prints, on COUNT ports from $port,
#                           which it sets, of which the first is SMTP; ended by nginx_stop

mail_module=/usr/lib/nginx/modules/ngx_mail_module.so

mail_proxy_find() {
  need_packages "$1" nginx:nginx-light || return 1
  test -e "$mail_module" && return 0
  reason="missing: libnginx-mod-mail"
  test "$(id -u)" = 0 && command -v apt-get >/dev/null || return 1
  forbid_autostart
  { apt_install libnginx-mod-mail || { apt-get update -q && apt_install libnginx-mod-mail; }; } \
    >"$1" 2>&1
  allow_autostart
  test -e "$mail_module"
}

mail_proxy_conf() {
  cat <<END
load_module $mail_module;
daemon on;
$nginx_user
worker_processes 2;
worker_rlimit_nofile 8192;
pid $folder/nginx/nginx.pid;
error_log $folder/nginx/error.log notice;
events { worker_connections 4096; }
mail {
  server_name proxy.example.test;
  proxy_pass_error_message on;
$(mail_servers)
}
END
}

mail_proxy_start() {
  mkdir -p "$folder/nginx" || return 1
  for attempt in 1 2 3; do # another program may take a port in between
    port=$(free_ports "$1") || return 1
    mail_proxy_conf >"$folder/nginx/nginx.conf"
    nginx_run && wait_for answers "$port" && return 0
    echo "attempt $attempt to start nginx failed: $(tail -n 1 "$folder/nginx/out")"
    nginx_stop
  done
  return 1
}
