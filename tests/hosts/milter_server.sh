# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced after checks.sh, install.sh and postfix.sh: the same private Postfix, with milters in the
# place of policy services.  All its ports have the milter `main` but port_open and port_memory.
#   milter_find LOG                 else $reason, 1
#   milter_start NAME [OPTION …]    on private/NAME, as postfix; its process in $started
#   milter_stop PROCESS             its status in $status
#   create_table FILE               and what asks of it, and what asks the servers: below
# $BUILD is the build folder, $here that of the tests, $table the table.

milter_find_header() {
  reason="no package libmilter-dev"
  test -e /usr/include/libmilter/mfapi.h
}

milter_find() {
  need_packages "$1" postfix:postfix python3:python3 || return 1
  milter_find_header && return 0
  command -v apt-get >/dev/null || return 1
  { apt_install libmilter-dev || { apt-get update -q && apt_install libmilter-dev; }; } >"$1" 2>&1
  milter_find_header
}

milter_start() {
  name=$1
  shift
  "$BUILD/examples/milter/weir-milter" -v -t "$table" -l "unix:$folder/q/private/$name" \
    -u postfix "$@" 2>>"$folder/$name.log" &
  started=$!
  wait_for milter_answers "$folder/q/private/$name"
}

milter_answers() {
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1"
}

# libmilter looks every 5 s whether it was told to stop.
milter_stop() {
  kill "$1"
  tries=0
  while alive "$1" && test $tries -lt 300; do
    tries=$((tries + 1))
    sleep 0.05
  done
  stop_process "$1" KILL
  wait "$1"
  status=$?
}

postfix_smtpd() {
  port_accept=$port_end
  port_strict=$port_both
  port_checked=$port_closed
  port_memory=$port_spawn
  cat <<END
127.0.0.1:$port_data inet n - n - 60 smtpd
  -o smtpd_milters=unix:private/main
  -o milter_mail_macros=i
127.0.0.1:$port_accept inet n - n - 60 smtpd
  -o smtpd_milters=unix:private/main
  -o milter_default_action=accept
127.0.0.1:$port_strict inet n - n - 60 smtpd
  -o smtpd_milters=unix:private/main
  -o { smtpd_recipient_restrictions = check_recipient_access inline:{nobody@x.test=reject}, permit_mynetworks, reject }
  -o smtpd_data_restrictions=reject
127.0.0.1:$port_checked inet n - n - 60 smtpd
  -o smtpd_milters=unix:private/main
  -o cleanup_service_name=checked
127.0.0.1:$port_open inet n - n - 60 smtpd
  -o smtpd_milters=unix:private/open
127.0.0.1:$port_memory inet n - n - 60 smtpd
  -o smtpd_milters=unix:private/memory
checked unix n - n - 0 cleanup
  -o { header_checks = regexp:{{/^Subject: test/ REJECT}} }
END
}

# No limit refills by one within an hour, so counts are exact.
create_table() {
  cat >"$folder/policy" <<'END'
policy submission
  limit recipients    10 recipients / 365d per user
  limit messages       5 messages / 365d per user
  limit fanout      2000 distinct recipient / 1h per user
  class big
    limit recipients 500
    limit messages   unlimited
  member big user=henry
  class storm
    limit recipients 7000
    limit messages   unlimited
  member storm user=storm
  class free
    limit recipients 1000000
    limit messages   unlimited
    limit fanout     unlimited
  member free user=ida
  member free user=many
  member free user=bystander
policy strict
  limit recipients    10 recipients / 365d per user
  on recipients denied 2 in 1h block user for 1h
  reachable recipient=helpdesk@x.test 3 messages / 1h per user
END
  "$WEIRCTL" -t "$1" create --keys 10000 --policy "$folder/policy" --mode 0660 >/dev/null &&
    chown postfix "$1"
}

# swap_while FILE: makes it; as long as it exists the table's name goes from one to the other of two
# tables, $folder/a and b, and back.
swap_while() {
  python3 - "$1" "$table" "$folder/a" "$folder/b" <<'END'
import itertools, os, sys, time
file, table, *both = sys.argv[1:]
open(file, "w").close()
for each in itertools.cycle(both):
    if not os.path.exists(file):
        break
    os.link(each, table + ".new")
    os.rename(table + ".new", table)
    time.sleep(0.002)
END
}

# left USER [LIMIT [TABLE [POLICY]]]: what is left of her limit.
left() {
  "$WEIRCTL" -t "${3:-$table}" why "user=$1" |
    awk -v limit="${2:-recipients}" -v policy="${4:-submission}" \
      '$1 == policy && $2 == limit { print $5; exit }'
}

has_left() {
  test "$(left "$1")" = "$2"
}

# What is given back since a connection is lost comes when the server has noticed.
soon_left() {
  wait_for has_left "$@"
  left "$1"
}

smtp() {
  timeout 120 python3 "$here/smtp_dialogue.py" "$@" 2>&1
}

milter_ask() {
  name=$1
  shift
  timeout 60 python3 "$here/milter_client.py" "unix:$folder/q/private/$name" "$@" 2>&1
}

weirctl() {
  "$WEIRCTL" -t "$table" "$@" >/dev/null
}

# sent NAME: how many recipients of this name the queue has delivered to.
sent() {
  grep -c "to=<$1@x.test>.*status=sent" "$folder/mail.log"
}

are_sent() {
  test "$(sent "$1")" = "$2"
}

# repeat TIMES WORD
repeat() {
  yes "$2" | head -n "$1"
}
