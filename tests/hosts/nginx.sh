#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/nginx in a real nginx.  WEIRCTL names the program, BUILD the build folder.
# Ends with "N passed, M failed, K skipped".
set -u
: "${WEIRCTL:?the path of weirctl}" "${BUILD:?the build folder}"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=nginx_server.sh
. "$here/nginx_server.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-nginx.XXXXXX") || exit 70
memory=$(mktemp -d /dev/shm/weir-nginx.XXXXXX) || exit 70
chmod 755 "$folder" "$memory" # mktemp's 0700 would shut www-data out
table=$folder/table

cleanup() {
  nginx_stop
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip nginx "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/nginx/error.log "$folder"/nginx/out 2>/dev/null
  sums
  exit 1
}

need_packages "$folder/apt.log" python3:python3-minimal curl:curl || leave_out "$reason"
nginx_find "$folder/apt.log" || leave_out "$reason"

# ------------------------------------------------------------------- helpers

create_table() {
  cat >"$folder/policy" <<'END'
policy web
  limit user-year  5 messages / 365d per user
policy storm
  limit storm  1000 messages / 365d per user
policy bytes
  limit bytes  100 bytes / 365d per user
END
  "$WEIRCTL" -t "${1:-$table}" create --keys 10000 --policy "$folder/policy" --mode 0660 \
    --group "$nginx_group" >/dev/null
}

nginx_http() {
  cat <<END
  weir_key user=\$arg_user;
  server {
    listen 127.0.0.1:$port_nginx reuseport;
    root $folder/www;
    add_header X-Verdict "\$weir_verdict \$weir_limit \$weir_remaining \$weir_retry_after" always;
    location = / { return 204; }
    location /web/ { weir_policy web; alias $folder/www/in/; }
    location /memory/ { weir_table $memory/table; weir_policy storm; alias $folder/www/in/; }
    location /storm/ { weir_policy storm; alias $folder/www/in/; }
    location /dry/ { weir_policy web; weir_dry_run on; alias $folder/www/in/; }
    location /off/ { weir_policy off; alias $folder/www/in/; }
    location /status/ {
      weir_policy web; weir_status 503; alias $folder/www/in/; error_page 503 /page/;
    }
    location /page/ { weir_policy web; alias $folder/www/in/; }
    location /bytes/ { weir_policy bytes; weir_cost messages=0 bytes=\$arg_bytes; alias $folder/www/in/; }
    location /open/ { weir_policy web; weir_fail open; alias $folder/www/in/; }
    location /try/ { try_files /nonesuch @web; }
    location @web { weir_policy web; rewrite ^ /in/index.html break; }
    location /auth/ {
      weir_policy web; weir_key user=\$remote_user; alias $folder/www/in/; satisfy any;
      auth_basic x; auth_basic_user_file $folder/www/users; deny all;
    }
    location /include/ { weir_policy web; ssi on; ssi_types text/plain; alias $folder/www/ssi/; }
  }
END
}

# get PATH [TIMES [CURL OPTION …]]: the different statuses with their numbers, in order.
get() {
  path=$1
  times=${2:-1}
  shift
  test $# = 0 || shift
  while test "$times" -gt 0; do
    times=$((times - 1))
    curl -s -o "$folder/body" -D "$folder/head" -w '%{http_code}\n' "$@" \
      "http://127.0.0.1:$port_nginx$path"
  done | uniq -c | sed 's/^ *//' | paste -sd, -
}

# header NAME: of the last answer.
header() {
  sed -n "s/^$1: \(.*\)\r$/\1/p" "$folder/head"
}

# storm PATH USER [REQUESTS PROCESS PASSES FILE]: 5000 requests over 16 connections.
storm() {
  storm_path=$1?user=$2
  storm_user=$2
  shift 2
  test $# -gt 0 || set -- 5000
  python3 "$here/http_storm.py" "$port_nginx" "$storm_path" "$storm_user" "$@"
}

# --------------------------------------------------------------------- start

create_table && create_table "$memory/table" || give_up create_table
nginx_prepare || give_up nginx_prepare
echo index >"$folder/www/in/index.html"
mkdir "$folder/www/ssi" && printf '<!--#include virtual="/web/?user=ssi" -->' >"$folder/www/ssi/index.html"
printf 'alice:{PLAIN}pw\n' >"$folder/www/users"
nginx_start 4 || give_up nginx_start

# -------------------------------------------------------------------- limits

check limit_of_5_in_one_policy "$(get '/web/?user=alice' 7)" '5 200,2 429'
check refusal_has_retry_after "$(test "$(header Retry-After)" -gt 1000000 && echo yes)" yes
check variables_of_a_refusal "$(header X-Verdict)" "deny user-year 0 $(header Retry-After)"
check other_user_passes "$(get '/web/?user=bob')" '1 200'
check variables_of_a_passed_request "$(header X-Verdict)" 'allow user-year 4 '
check index_is_charged_once "$(get '/web/?user=bob')$(header X-Verdict)" '1 200allow user-year 3 '
check try_files_into_a_limited_location "$(get '/try/?user=carol' 7)" '5 200,2 429'
check subrequests_are_not_charged "$(get '/include/?user=ssi' 6)" '5 200,1 429'
check error_page_in_a_limited_location "$(get '/status/?user=alice')$(cat "$folder/body")" '1 503index'
check dry_run_passes_and_says_so "$(get '/dry/?user=alice')$(header X-Verdict | cut -d' ' -f1)" \
  '1 200deny-dry-run'
check policy_off "$(get '/off/?user=alice')$(header X-Verdict)" '1 200   '
check cost_above_the_burst_has_no_retry_after \
  "$(get '/bytes/?user=x&bytes=101')$(header Retry-After)" '1 429'
check cost_by_a_variable "$(get '/bytes/?user=x&bytes=60' 2),$(get '/bytes/?user=x&bytes=40')" \
  '1 200,1 429,1 200'
check cost_that_is_no_number "$(get '/bytes/?user=x&bytes=-1')$(header X-Verdict | cut -d' ' -f1)" \
  '1 503error'
check empty_key_is_no_attribute "$(get '/web/')" '1 503'
check wrong_password_charges_nobody "$(get /auth/ 6 -u alice:wrong),$(get /auth/ 2 -u alice:pw)" \
  '6 401,2 429'
check satisfy_any_does_not_pass_it_by "$(printf 'dora:{PLAIN}pw\n' >>"$folder/www/users"
  get /auth/ 9 -u dora:wrong; get /auth/ 6 -u dora:pw)" "$(printf '9 401\n5 200,1 429')"
check storm_table_on_a_disk "$(storm /storm/ henry)" '200:1000 429:4000'
check storm_table_in_memory "$(storm /memory/ henry)" '200:1000 429:4000'
killed=$(nginx_workers "$(cat "$folder/nginx/nginx.pid")" | cut -d ' ' -f 1)
storm /storm/ jack 100000 "$killed" 300 "$folder/killed" >"$folder/storm"
passed_in_storm=$(sed -E 's/^200:([0-9]*) 429:16( broken:[0-9]*)?$/\1/' "$folder/storm")
check worker_killed_in_a_storm "$(test "$passed_in_storm" -le 1000 && test "$passed_in_storm" -ge 984 &&
  echo the limit holds || cat "$folder/storm")" 'the limit holds'
check killed_worker_has_lost_nothing "$(get '/storm/?user=jack' 3),$(get '/storm/?user=kim')" \
  '3 429,1 200'
nginx_reload
check reload_forgets_nothing "$(get '/storm/?user=henry' 3),$(get '/web/?user=bob' 4)" \
  '3 429,3 200,1 429'
check command_and_nginx_count_together \
  "$("$WEIRCTL" -t "$table" take storm user=henry >/dev/null; echo $?)" 1

# ---------------------------------------------------------------- what fails

rm "$table"
sleep 1.1
check table_removed_fails_closed "$(get '/web/?user=ida')" '1 503'
check table_removed_fails_open "$(get '/open/?user=ida')" '1 200'
check fault_is_logged "$(grep -cE 'weir: cannot decide by policy web of table .*; (refused|let through)' \
  "$folder/nginx/error.log" | sed 's/^[1-9][0-9]*$/yes/')" yes
create_table || give_up create_table
sleep 1.1
check table_made_again_is_used_without_a_reload "$(get '/web/?user=ida' 7)" '5 200,2 429'

for wrong in 'weir_key user;' 'weir_key user=1 user=2;' 'weir_status 200;' 'weir_policy "a b";' \
  'weir_fail maybe;' 'weir_dry_run perhaps;' 'weir_cost =1;'; do
  sed "s|^  weir_table .*|&\n  $wrong|" "$folder/nginx/nginx.conf" >"$folder/nginx/wrong.conf"
  check "mistake_is_told_by_nginx_-t $wrong" "$(nginx -e "$folder/nginx/wrong.log" \
    -c "$folder/nginx/wrong.conf" -t 2>&1 | grep -c '\[emerg\]')" 1
done
check no_worker_has_crashed "$(grep -E 'exited on signal|\[alert\]|\[emerg\]' "$folder/nginx/error.log" |
  grep -vc "process $killed exited on signal 9")" 0
sums
test "$failed" = 0
