# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by webmail.sh, whose servers run: the configurations that examples/webmail-cgi/README.md
# shows.  What it starts it adds to $processes.

# shown LANGUAGE: with this folder's places.
shown() {
  sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$root/examples/webmail-cgi/README.md" | sed '/^```/d' |
    sed -e "s|/usr/local/lib/weir/compose|$folder/web/bin/table|" \
      -e "s|/var/lib/webmail|$folder/web/state|" -e "s|/etc/webmail-users|$folder/web/users|" \
      -e "s|127.0.0.1:25|127.0.0.1:$port_data|" -e "s|/run/fcgiwrap.socket|$folder/web/log/fcgi|"
}

# The table's name is the only thing that README.md leaves as it is.
printf '#!/bin/sh\nWEIR_TABLE=%s exec %s\n' "$table" "$folder/web/bin/compose" \
  >"$folder/web/bin/table" && chmod 755 "$folder/web/bin/table"
first=$(free_ports 2)
(
  webmail_instances() { :; }
  port_web=$first
  webmail_conf | sed 's|web/pid"|web/pid.shown"|'
  shown lighttpd
) >"$folder/web/shown.conf"
lighttpd -D -f "$folder/web/shown.conf" >>"$folder/web/out" 2>&1 &
processes=$!
visit() {
  port_web=$1
  wait_for webmail_answers
  rm -f "$folder/jar.lea"
  echo "$(sign_in lea) $(letter lea mail) $(ask lea GET mail/preferences)"
}
check lighttpd_as_shown "$(visit "$first")" '200 200 200'
if need_packages "$folder/apt.log" nginx:nginx-light fcgiwrap:fcgiwrap; then
  cat >"$folder/web/nginx.conf" <<END
user www-data;
daemon off;
pid $folder/web/nginx.pid;
events { }
http {
  access_log off;
  client_body_temp_path $folder/web/b; proxy_temp_path $folder/web/p;
  fastcgi_temp_path $folder/web/f; scgi_temp_path $folder/web/s; uwsgi_temp_path $folder/web/u;
  server {
    listen 127.0.0.1:$((first + 1));
$(shown nginx)
  }
}
END
  setpriv --reuid=www-data --regid=www-data --clear-groups \
    fcgiwrap -s "unix:$folder/web/log/fcgi" >>"$folder/web/out" 2>&1 &
  processes="$processes $!"
  nginx -e "$folder/web/out" -c "$folder/web/nginx.conf" >>"$folder/web/out" 2>&1 &
  processes="$! $processes"
  wait_for test -S "$folder/web/log/fcgi"
  check nginx_as_shown "$(visit $((first + 1)))" '200 200 200'
  rm -f "$folder/jar.nobody"
  check nginx_claims_are_no_sign_in \
    "$(port_web=$((first + 1)); ask nobody GET mail -u lea:wrong) $(header Location)" \
    '303 /mail/sign-in'
else
  skip nginx_as_shown "$reason"
fi
