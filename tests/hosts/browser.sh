#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make check-browser: examples/webmail-cgi in a real Chromium, looked at as people do: wide and
# narrow, light and dark.  The pictures are in $BUILD/browser.
# WEIRCTL names the program, BUILD the build folder.
# Ends with "N passed, M failed, K skipped".
set -u
: "${WEIRCTL:?the path of weirctl}" "${BUILD:?the build folder}"
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=webmail_server.sh
. "$here/webmail_server.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-browser.XXXXXX") || exit 70
chmod 755 "$folder" # mktemp's 0700 would shut the server's user out
table=$folder/table
driver=

cleanup() {
  test -z "$driver" || stop_process "$driver"
  webmail_stop
  allow_autostart
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip browser "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log "$folder"/web/log/* "$folder"/web/out 2>/dev/null
  sums
  exit 1
}

need_packages "$folder/apt.log" chromium:chromium chromedriver:chromium-driver \
  lighttpd:lighttpd curl:curl python3:python3-minimal || leave_out "$reason"

webmail_instances() {
  echo "mail WEIR_TABLE=$table WEIR_SPOOL=$folder/web/state/spool"
}

driver_answers() {
  curl -s -o "$folder/null" "http://127.0.0.1:$port_driver/status"
}

printf 'policy submission\n  limit user-hour  3 messages / 1h per user\n' >"$folder/policy"
"$WEIRCTL" -t "$table" create --keys 1000 --policy "$folder/policy" --mode 0660 \
  --group "$web_group" >/dev/null || give_up create_table
webmail_prepare alice || give_up prepare
webmail_start || give_up webmail_start
port_driver=$(free_ports 1) || give_up free_ports
chromedriver --port="$port_driver" >"$folder/driver.log" 2>&1 &
driver=$!
wait_for driver_answers || give_up driver_start

rm -rf "$BUILD/browser" && mkdir -p "$BUILD/browser" || give_up pictures
WEIR_TABLE=$table PROFILE=$folder timeout 300 python3 -B "$here/browser.py" "$port_driver" \
  "http://127.0.0.1:$port_web/mail" "$BUILD/browser" >"$folder/checks" 2>"$folder/browser.log"
status=$?
while IFS='|' read -r name got expected; do
  check "$name" "$got" "$expected"
done <"$folder/checks"
test $status = 0 || tail -n 5 "$folder/browser.log"
check the_visit_came_to_its_end $status 0
sums
test "$failed" = 0
