#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# All together: a webmail, a Postfix and an nginx over one table.  One limit for the three, one
# block that ends all three and the webmail's session for good, and what a blocked user still has
# in the queue put on hold.
# DELEGATE and WEIRCTL name the two programs, BUILD the build folder.
# Ends with "N passed, M failed, K skipped".
set -u
: "${DELEGATE:?the path of postfix-policy}" "${WEIRCTL:?the path of weirctl}"
: "${BUILD:?the build folder}"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=postfix.sh
. "$here/postfix.sh"
# shellcheck source=nginx_server.sh
. "$here/nginx_server.sh"
# shellcheck source=webmail_server.sh
. "$here/webmail_server.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-all.XXXXXX") || exit 70
chmod 755 "$folder" # mktemp's 0700 would shut the servers' users out
table=$folder/table
delegate=
watcher=
postfix_started=

cleanup() {
  test -z "$watcher" || stop_process "$watcher"
  test -z "$postfix_started" || postfix_stop
  test -z "$delegate" || stop_process "$delegate"
  nginx_stop
  webmail_stop
  allow_autostart
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip together "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log "$folder"/*.out "$folder"/nginx/error.log "$folder"/web/out 2>/dev/null
  sums
  exit 1
}

test "$(id -u)" = 0 || leave_out "a private Postfix needs root"
need_packages "$folder/apt.log" postfix:postfix python3:python3-minimal curl:curl \
  lighttpd:lighttpd || leave_out "$reason"
nginx_find "$folder/apt.log" || leave_out "$reason"

# ------------------------------------------------------------------- helpers

# No limit refills within an hour, so counts are exact.
create_table() {
  cat >"$folder/policy" <<'END'
policy submission
  limit user-year  100 messages / 365d per user
  class busy
    limit user-year  1000000
  member busy user=bob
  member busy user=carol
END
  "$WEIRCTL" -t "$table" create --keys 10000 --policy "$folder/policy" --mode 0660 \
    --group "$nginx_group" >/dev/null && chown postfix "$table"
}

nginx_http() {
  cat <<END
  weir_key user=\$arg_user;
  server {
    listen 127.0.0.1:$port_nginx reuseport;
    root $folder/www;
    location = / { return 204; }
    location /send/ { weir_policy submission; alias $folder/www/in/; }
  }
END
}

webmail_instances() {
  echo "mail WEIR_TABLE=$table WEIR_SPOOL=$folder/web/state/spool"
}

together() {
  WEBMAIL_PORT=$port_web SMTP_PORT=$port_data HTTP_PORT=$port_nginx WEIRCTL=$WEIRCTL \
    WEIR_TABLE=$table COOKIE=$folder/cookie \
    python3 "$here/together.py" "$@" >"$folder/together" 2>"$folder/passed"
  grep '^#' "$folder/together"
  answer=$(grep -v '^#' "$folder/together")
}

# queued SENDER [QUEUE]: messages of a sender in the queue.
queued() {
  postqueue -c "$folder/etc" -j | grep "\"sender\": \"$1@example.test\"" |
    grep -c "\"queue_name\": \"${2:-}"
}

# all_held SENDER NUMBER
all_held() {
  test "$(queued "$1" hold)" = "$2"
}

# --------------------------------------------------------------------- start

mkdir "$folder/bin" && cp "$DELEGATE" "$folder/bin/postfix-policy" || give_up copy
create_table || give_up create_table
postfix_started=1
postfix_start || give_up postfix_start
postconf -c "$folder/etc" -e defer_transports=discard # what is accepted stays in the queue
postfix -c "$folder/etc" reload >>"$folder/postfix.out" 2>&1
"$folder/bin/postfix-policy" -t "$table" -l "unix:$folder/q/private/policy" -u postfix \
  2>>"$folder/policy.log" &
delegate=$!
wait_for test -S "$folder/q/private/policy" || give_up delegate_start
nginx_prepare || give_up nginx_prepare
echo sent >"$folder/www/in/index.html"
nginx_start 2 || give_up nginx_start
webmail_prepare alice bob carol && webmail_start || give_up webmail_start
MAIL_CONFIG=$folder/etc HOLD_DOMAIN=example.test "$WEIRCTL" -t "$table" watch \
  --exec "sh $root/examples/watch/hold-queue.sh" >"$folder/watch.out" 2>"$folder/watch.log" &
watcher=$!

# ------------------------------------------------------------------ together

together count alice 60
check one_limit_for_three_hosts "$answer" 'allow:100 deny:80'
check what_each_counted_is_in_one_place "$("$WEIRCTL" -t "$table" peek submission \
  user=alice | cut -f 1-3 | tr '\t' ' ')" 'deny user-year 0'

together count carol 5
check another_user_is_not_concerned "$answer" 'allow:15'
together session carol
check session_goes_on "$answer" 'goes on'

together block bob
check block_ends_all_three "$answer" \
  'last answers block block block, 0 passed that began after the block'
read -r queued_of_bob webmail_of_bob <"$folder/passed"
check some_of_it_is_in_the_queue "$(test "$queued_of_bob" -gt 0 && echo yes)" yes
wait_for all_held bob "$queued_of_bob"
check the_blocked_users_queue_is_on_hold "$(queued bob hold) of $(queued bob)" \
  "$queued_of_bob of $queued_of_bob"
check others_are_not_held "$(queued carol hold)" 0
check he_was_signed_in_until_then "$(test "$webmail_of_bob" -gt 0 && echo yes)" yes
together session bob
check block_ends_the_session "$answer" 'is over'

"$WEIRCTL" -t "$table" unblock user=bob >/dev/null
together session bob
check session_stays_dead "$answer" 'is over'
together count bob 2
check lift_ends_it_for_all_three "$answer" 'allow:6'
check lift_releases_nothing_by_itself "$(queued bob hold)" "$queued_of_bob"

sums
test $failed = 0
