# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced after checks.sh.  A private lighttpd under $folder, on loopback only, that runs
# examples/webmail-cgi.
#   webmail_prepare USER …  puts into $folder what it has to reach; the password of each is "secret"
#   webmail_start           with what webmail_instances prints: a line "NAME VARIABLE=VALUE …" is
#                           the program at /NAME with these set; sets $port_web
#   webmail_stop
# $BUILD is the build folder.

web_user=
web_group=$(id -gn)
if test "$(id -u)" = 0; then
  web_user=www-data
  web_group=www-data
fi
lighttpd=

# As `mkpasswd -m sha-512 -R 1000 -S weirtest secret` says.
webmail_password() {
  printf %s "\$6\$rounds=1000\$weirtest\$sCQHV8cjwIDp8XC2WDgepHcglHZ7noEvMsXqZt8iiJOjg4KHu9."
  echo 'DkAvXYF36XDF98yG6VisJDnLq1pboxzDOf/'
}

webmail_prepare() {
  mkdir -p "$folder/web/bin" "$folder/web/www" "$folder/web/state" "$folder/web/uploads" \
    "$folder/web/log" && cp "$BUILD/examples/webmail-cgi/compose" "$folder/web/bin/" &&
    chmod 700 "$folder/web/state" "$folder/web/uploads" || return 1
  for name in "$@"; do
    echo "$name:$(webmail_password)"
  done >"$folder/web/users"
  test -z "$web_user" ||
    chown "$web_user:" "$folder/web/state" "$folder/web/uploads" "$folder/web/log" \
      "$folder/web/users"
}

webmail_instance() {
  path=$1
  shift
  echo "alias.url += ( \"/$path\" => \"$folder/web/bin/compose\" )"
  echo "\$HTTP[\"url\"] =~ \"^/$path(/|\\?|\$)\" {"
  echo '  cgi.assign = ( "" => "" )'
  echo '  setenv.set-environment = ('
  for pair in "WEIR_STATE=$folder/web/state" "WEIR_USERS=$folder/web/users" \
    WEIR_MAIL_DOMAIN=example.test "$@"; do
    echo "    \"${pair%%=*}\" => \"${pair#*=}\","
  done
  printf '  )\n}\n'
}

webmail_conf() {
  cat <<END
server.modules = ( "mod_alias", "mod_setenv", "mod_cgi" )
server.bind = "127.0.0.1"
server.port = $port_web
server.document-root = "$folder/web/www"
server.pid-file = "$folder/web/pid"
server.errorlog = "$folder/web/log/error"
server.breakagelog = "$folder/web/log/cgi"
server.upload-dirs = ( "$folder/web/uploads" )
END
  test -z "$web_user" || cat <<END
server.username = "$web_user"
server.groupname = "$web_group"
END
  webmail_instances | while read -r line; do
    # shellcheck disable=SC2086
    webmail_instance $line
  done
}

webmail_answers() {
  curl -s -o "$folder/web/null" "http://127.0.0.1:$port_web/"
}

webmail_start() {
  for attempt in 1 2 3; do # another program may take the port in between
    port_web=$(free_ports 1) || return 1
    webmail_conf >"$folder/web/lighttpd.conf"
    lighttpd -D -f "$folder/web/lighttpd.conf" >>"$folder/web/out" 2>&1 &
    lighttpd=$!
    wait_for webmail_answers && return 0
    echo "attempt $attempt to start lighttpd failed: $(tail -n 1 "$folder/web/out")"
    webmail_stop
  done
  return 1
}

webmail_stop() {
  test -z "$lighttpd" || stop_process "$lighttpd"
  lighttpd=
}
