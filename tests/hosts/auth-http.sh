#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/auth-http behind a real nginx that proxies mail, a private Postfix with the policy
# delegate behind that.  AUTH, DELEGATE and WEIRCTL name the three programs.
# Ends with "N passed, M failed, K skipped".
set -u
: "${AUTH:?the path of weir-auth-http}" "${WEIRCTL:?the path of weirctl}"
: "${DELEGATE:?the path of postfix-policy}"
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=postfix.sh
. "$here/postfix.sh"
# shellcheck source=nginx_server.sh
. "$here/nginx_server.sh"
# shellcheck source=nginx_mail.sh
. "$here/nginx_mail.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-ah.XXXXXX") || exit 70
chmod 755 "$folder" # mktemp's 0700 would shut the servers' users out
memory=$(mktemp -d /dev/shm/weir-ah.XXXXXX) || exit 70
chmod 755 "$memory"
table=$folder/table
processes=
postfix_started=

cleanup() {
  nginx_stop
  test -z "$postfix_started" || postfix_stop
  for process in $processes; do
    stop_process "$process"
  done
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip auth_http "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log "$folder"/*.out "$folder"/nginx/error.log 2>/dev/null
  sums
  exit 1
}

test "$(id -u)" = 0 || leave_out "a private Postfix needs root"
need_packages "$folder/apt.log" postfix:postfix python3:python3-minimal perl:perl-base ||
  leave_out "$reason"
mail_proxy_find "$folder/apt.log" || leave_out "$reason"

# ------------------------------------------------------------------- helpers

# No limit refills by one within an hour, so counts are exact.
create_table() {
  cat >"$folder/policy" <<'END'
policy signin
  limit guesses      5 attempts / 365d per user
  class busy
    limit guesses  1000000
  member busy user=crowd
policy storm
  limit storm      300 attempts / 365d per user
policy sessions
  limit sessions     4 messages / 365d per sender
policy submission
  limit user-year    3 recipients / 365d per user
END
  "$WEIRCTL" -t "$1" create --keys 10000 --policy "$folder/policy" --mode 0660 --group nogroup \
    >/dev/null && chown postfix "$1"
}

# hash NAME [ROUNDS]: of the password pw-NAME.
hash() {
  perl -e 'print crypt("pw-$ARGV[0]", "\$6\$rounds=$ARGV[1]\$saltsalt\$"), "\n"' "$1" "${2:-1000}"
}

# auth_start NAME [OPTION …]: on the socket NAME; its process in $started.
auth_start() {
  name=$1
  shift
  "$AUTH" -v -t "$table" -l "unix:$folder/run/$name" -m 0666 -u postfix -k "$folder/key" \
    -n sessions -w 0 --smtp "127.0.0.1:$port_behind" --imap "127.0.0.1:$((port_fake + 1))" \
    --pop3 "127.0.0.1:$((port_fake + 2))" "$@" 2>>"$folder/$name.log" &
  started=$!
  processes="$processes $started"
  wait_for listens "$folder/run/$name"
}

listens() {
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1"
}

# server NAME PORT PROTOCOL [DIRECTIVES]
server() {
  cat <<END
  server {
    listen 127.0.0.1:$2 backlog=1024; protocol $3; $4
    auth_http unix:$folder/run/$1:/auth;
    auth_http_header X-Auth-Key "$(cat "$folder/key")";
  }
END
}

mail_servers() {
  smtp='smtp_auth plain login; xclient on;'
  server main "$port" smtp "$smtp"
  server main $((port + 1)) smtp 'smtp_auth none; xclient on;'
  server main $((port + 2)) imap 'imap_auth plain login;'
  server main $((port + 3)) pop3 ''
  server open $((port + 4)) smtp "$smtp"
  server wait $((port + 5)) smtp "$smtp"
  server disk $((port + 6)) smtp "$smtp"
  server memory $((port + 7)) smtp "$smtp"
  server none $((port + 8)) smtp 'smtp_auth plain login; xclient off; proxy_smtp_auth on;'
  server open $((port + 9)) smtp 'smtp_auth none; xclient on;'
  server gone $((port + 10)) smtp "$smtp"
}

# client WHAT PORT_OFFSET …: see mail_proxy.py.
client() {
  what=$1
  where=$((port + $2))
  shift 2
  python3 "$here/mail_proxy.py" "$what" "$where" "$@" 2>&1
}

# by_all USER PASSWORD: the answers of all three protocols.
by_all() {
  echo "$(client smtp 0 "$@"),$(client imap 2 "$@"),$(client pop3 3 "$@")"
}

ctl() {
  "$WEIRCTL" -t "$table" "$@" >/dev/null
}

# --------------------------------------------------------------------- start

mkdir "$folder/run" "$folder/bin" && cp "$DELEGATE" "$folder/bin/postfix-policy" || give_up folder
echo a-key-that-both-of-them-know >"$folder/key"
chown postfix "$folder/run"
users='alice bob carol dave erin fred crowd henry ida bystander storm gone al+69ce'
for user in $users; do
  echo "$user:$(hash $user):of no importance"
done >"$folder/passwd"
printf '# of tests\nlocked:!\n\nslow:%s\n' "$(hash slow 6000000)" >>"$folder/passwd"
chmod 600 "$folder/passwd"
chown postfix "$folder/passwd"
create_table "$table" && create_table "$memory/table" || give_up create_table
postfix_started=1
postfix_start || give_up postfix_start
port_behind=$port_data
port_fake=$(free_ports 3)
python3 "$here/mail_backend.py" "$port_fake" $((port_fake + 1)) $((port_fake + 2)) \
  >"$folder/fake.out" 2>"$folder/fake.log" &
processes="$processes $!"
"$folder/bin/postfix-policy" -v -t "$table" -l "unix:$folder/q/private/policy" -u postfix \
  2>>"$folder/policy.log" &
processes="$processes $!"
wait_for listens "$folder/q/private/policy" || give_up delegate_start
wait_for answers "$port_fake" || give_up backend_start

passwd="--passwd $folder/passwd"
fake="--smtp 127.0.0.1:$port_fake"
# shellcheck disable=SC2086
{
  auth_start main $passwd || give_up auth_start
  main=$started
  auth_start open $passwd -f open || give_up auth_start
  auth_start wait $passwd -w 1 || give_up auth_start
  auth_start disk $passwd -p storm $fake || give_up auth_start
  disk=$started
  auth_start memory $passwd -p storm -t "$memory/table" $fake || give_up auth_start
  auth_start none --check none -L $fake || give_up auth_start
  auth_start impatient $passwd -i 1 || give_up auth_start
}
mail_proxy_start 11 || give_up nginx_start

# ------------------------------------------------------------------- sign-ins

check signs_in_and_sends_a_mail "$(client messages 0 alice pw-alice 1)" '1 235,1 250'
check postfix_knows_the_user "$(grep -c 'sasl_username=alice' "$folder/mail.log")" 1
check five_wrong_passwords_are_checked "$(client smtp 0 bob wrong 7)" '5 535 5.7.8,2 454 4.7.0'
check then_the_right_one_is_refused_as_well "$(client smtp 0 bob pw-bob)" '1 454 4.7.0'
check refusal_names_the_limit_and_the_wait "$(sed -n \
  's/.*user=bob ip=127.0.0.1 protocol=smtp: \(guesses: rate limit exceeded, try again\) in [1-9][0-9]* days$/\1/p' \
  "$folder/main.log" | uniq -c | sed 's/^ *//')" '3 guesses: rate limit exceeded, try again'
check right_passwords_of_others_pass "$(client smtp 0 carol pw-carol 10)" '10 235'
check right_passwords_cost_nothing "$(client smtp 0 carol wrong 6)" '5 535 5.7.8,1 454 4.7.0'
check unknown_users_are_counted_too "$(client smtp 0 nobody pw-nobody 6)" '5 535 5.7.8,1 454 4.7.0'
check imap "$(client imap 2 dave pw-dave 2),$(client imap 2 dave wrong 6)" \
  '2 OK,5 NO [AUTHENTICATIONFAILED],1 NO [UNAVAILABLE]'
check pop3 "$(client pop3 3 erin pw-erin 2),$(client pop3 3 erin wrong 6)" \
  '2 +OK,5 -ERR [AUTH],1 -ERR [SYS/TEMP]'
check imap_backend_got_the_user "$(grep -c '^dave {7}$' "$folder/fake.out")" 2
check guesses_by_all_protocols_are_one_limit \
  "$(client pop3 3 ida wrong 2),$(client imap 2 ida wrong 2),$(client smtp 0 ida wrong 2)" \
  '2 -ERR [AUTH],2 NO [AUTHENTICATIONFAILED],1 535 5.7.8,1 454 4.7.0'
check client_may_try_again_behind_the_wait "$(client again 5 fred wrong pw-fred)" \
  '1 535 5.7.8,1 235'
check third_failure_ends_the_connection "$(client again 5 fred wrong wrong wrong pw-fred)" \
  '3 535 5.7.8,1 closed'
check a_wait_that_is_long_ends_the_connection "$(client again 5 bob pw-bob pw-bob)" \
  '1 454 4.7.0,1 closed'

# ----------------------------------------------------------------- kill switch

check before_the_block "$(client smtp 0 henry pw-henry)" '1 235'
ctl block user=henry
check block_ends_sign_in "$(by_all henry pw-henry)" '1 535 5.7.1,1 NO [CONTACTADMIN],1 -ERR [AUTH]'
check block_is_of_nobody_else "$(client smtp 0 alice pw-alice)" '1 235'
ctl unblock user=henry
check unblock_lets_in "$(by_all henry pw-henry)" '1 235,1 OK,1 +OK'
ctl block ip=127.0.0.1
check blocked_address "$(client smtp 0 alice pw-alice),$(client session 1 '<a@x.test>')" \
  '1 535 5.7.1,1 550 5.7.1'
ctl unblock ip=127.0.0.1
ctl unblock user=bob
check lift_forgets_the_guesses "$(client smtp 0 bob pw-bob)" '1 235'

# ------------------------------------------------------------ without a sign-in

check sessions_of_a_sender "$(client session 1 '<s@x.test>' 6)" '4 250,2 421 4.7.0'
check another_sender_passes "$(client session 1 '<t@x.test>')" '1 250'
check what_is_no_address "$(client session 1 s@x.test)" '1 501 5.1.7'

# ------------------------------------------- behind the proxy messages are counted

check one_sign_in_sends_as_many_as_the_backend_allows "$(client messages 0 henry pw-henry 5)" \
  '1 235,3 250,2 450 4.7.1'
check and_another_none "$(client messages 0 henry pw-henry 1)" '1 235,1 450 4.7.1'
check each_user_apart "$(client messages 0 alice pw-alice 3)" '1 235,2 250,1 450 4.7.1'

# ------------------------------------------------- the backend checks passwords

# The backend is given the name in lower case, which its password goes with.
check backend_checks_passwords "$(client smtp 8 Walt pw-walt 2)" '2 235'
check each_sign_in_is_charged "$(client smtp 8 WALT wrong 2),$(client smtp 8 walt pw-walt 2)" \
  '2 535 5.7.8,1 235,1 454 4.7.0'
sum=$(cksum <"$folder/fake.out")
check injected_command_is_refused "$(client smtp 8 "$(printf 'eve\r\nRSET')" x)" '1 535 5.7.8'
check injected_command_is_not_sent_on "$(cksum <"$folder/fake.out")" "$sum"

# ---------------------------------------------------------------- exact counts

check storm_table_on_a_disk "$(client storm 6 storm wrong 1000)" '454:700 535:300'
check storm_table_on_dev_shm "$(client storm 7 storm wrong 1000)" '454:700 535:300'
check hundreds_at_once "$(client crowd 7 crowd pw-crowd 300)" '300 235'

# ------------------------------------------------------------ the helper is killed

client storm 6 victim wrong 100000 "$disk" 100 "$folder/killed" >"$folder/storm.out" &
storm=$!
processes="$processes $storm"
wait_for test -e "$folder/killed" || give_up no_client_found_the_helper_gone
check killed_under_load_refuses "$(client smtp 6 victim wrong)" '1 451 4.3.2'
# shellcheck disable=SC2086
auth_start disk $passwd -p storm $fake || give_up auth_start
disk=$started
wait "$storm"
checked=$(sed -n 's/.*535:\([0-9]*\).*/\1/p' "$folder/storm.out")
check started_again_forgets_nothing "$(test "$checked" -le 300 && echo yes)" yes
check lost_at_most_what_was_under_way "$(test "$checked" -ge 284 && echo yes)" yes
check limit_is_reached "$(client smtp 6 victim wrong)" '1 454 4.7.0'
check helper_that_was_never_there "$(client smtp 10 alice pw-alice)" '1 451 4.3.2'

# ------------------------------------------------------------ the table is missing

rm "$table"
check table_removed_fails_closed \
  "$(by_all alice pw-alice),$(client session 1 '<a@x.test>')" \
  '1 454 4.7.0,1 NO [UNAVAILABLE],1 -ERR [SYS/TEMP],1 421 4.7.0'
check table_removed_fails_open "$(client smtp 4 alice pw-alice),$(client session 9 '<a@x.test>')" \
  '1 235,1 250'
check fail_open_lets_no_wrong_password_in "$(client smtp 4 alice wrong 7)" '7 535 5.7.8'
check fault_is_logged "$(grep -c 'cannot decide.*by the password alone' "$folder/open.log" |
  sed 's/^[1-9][0-9]*$/yes/')" yes
create_table "$table" || give_up create_table
sleep 1.1
check table_made_again_is_used_without_a_restart \
  "$(client smtp 0 alice pw-alice),$(client smtp 0 bob wrong 6),$(client smtp 4 bob pw-bob)" \
  '1 235,5 535 5.7.8,1 454 4.7.0,1 454 4.7.0'

# --------------------------------------------------------------- the file of users

echo "new:$(hash new)" >>"$folder/passwd"
check user_added_without_a_restart "$(client smtp 0 new pw-new)" '1 235'
cp -p "$folder/passwd" "$folder/passwd.good"
echo 'no colon' >>"$folder/passwd"
check broken_file_is_not_used "$(client smtp 0 new pw-new 2)" '2 235'
check broken_file_is_logged_once "$(grep -c 'passwd:[0-9]*: expected NAME:HASH' \
  "$folder/main.log")" 1
rm "$folder/passwd"
check missing_file_is_not_used "$(client smtp 0 new pw-new 2)" '2 235'
check missing_file_is_logged_once "$(grep -c 'passwd: No such file' "$folder/main.log")" 1
cp -p "$folder/passwd.good" "$folder/passwd"
check file_is_back "$(client smtp 0 new pw-new)" '1 235'
printf 'x:y\nx:z\n' >"$folder/twice"
for line in "twice: a name given twice" "nowhere: No such file or directory"; do
  file=${line%%:*}
  check "it_does_not_start_with_the_file_$file" "$(timeout 10 "$AUTH" -v --smtp 127.0.0.1:25 \
    -l "unix:$folder/run/never" --passwd "$folder/$file" 2>&1; echo $?)" \
    "weir-auth-http: $folder/$line
71"
done
for options in '' '--passwd x --check none' '--check some' '--check none --smtp host:25' \
  '--check none --smtp 127.0.0.1:0' '--check none -w 61' '--check none -j 0' \
  '--check none -f up'; do
  # shellcheck disable=SC2086
  timeout 10 "$AUTH" -v -l "unix:$folder/run/never" --imap 127.0.0.1:143 $options \
    >"$folder/usage.out" 2>&1
  check "options_$options" $? 64
done

# Who is there is not told by the time that a wrong password takes: each tries a hash that is one.
cat >"$folder/count.c" <<'END'
#define _GNU_SOURCE
#include <crypt.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
char *crypt_r(const char *phrase, const char *setting, struct crypt_data *data)
{
  char *(*next)(const char *, const char *, struct crypt_data *) = dlsym(RTLD_NEXT, "crypt_r");
  int fd = open(getenv("CRYPT_COUNT"), O_WRONLY | O_APPEND);
  if (write(fd, *setting == '$' ? "+" : "-", 1) != 1)
    abort();
  close(fd);
  return next(phrase, setting, data);
}
END
"${CC:-gcc}" -shared -fPIC -o "$folder/count.so" "$folder/count.c" -ldl || give_up count
printf 'a:%s\nb:!%s\nc:*\n' "$(hash a)" "$(hash b)" >"$folder/few"
chown postfix "$folder/few"
: >"$folder/run/crypt" && chmod 666 "$folder/run/crypt"
export CRYPT_COUNT="$folder/run/crypt"
LD_PRELOAD=$folder/count.so
export LD_PRELOAD
auth_start few --passwd "$folder/few" || give_up auth_start
unset LD_PRELOAD
check locked_and_unknown_are_refused_as_somebody_is "$(PYTHONPATH=$here python3 -c 'import sys
from auth_client import ask
print(*(ask(sys.argv[1], auth_user=user, auth_pass="x") for user in ("a", "b", "c", "nobody")),
      sep=",")' "unix:$folder/run/few")" '535 5.7.8,535 5.7.8,535 5.7.8,535 5.7.8'
check each_tries_one_hash "$(cat "$folder/run/crypt")" '++++'

# ------------------------------------------------------------ hostile clients

while read -r name got expected; do
  check "$name" "$got" "$expected"
done <<END
$(WEIRCTL=$WEIRCTL WEIR_TABLE=$table USERS=$users HASH_OF_FRED=$(hash fred) python3 \
  "$here/auth_malformed.py" "unix:$folder/run/main" "$main" "unix:$folder/run/impatient" 2>&1)
END
check after_all_that_nginx_is_served "$(client smtp 0 henry pw-henry)" '1 235'
check damage_is_logged "$(grep -c 'request refused: longer than 8 KiB' "$folder/main.log")" 2
check what_says_nothing_is_logged "$(grep -c 'connection dropped: too slow' \
  "$folder/impatient.log")" 101
cat "$folder"/main.log "$folder"/open.log "$folder"/wait.log "$folder"/disk.log \
  "$folder"/memory.log "$folder"/none.log "$folder"/impatient.log >"$folder/all"
check no_line_of_a_log_is_forged "$(grep -cv '^weir-auth-http: [ -~]*$' "$folder/all")" 0
check no_password_is_logged "$(grep -c pw- "$folder/all")" 0

# ---------------------------------------------------------------------- stop

check helpers_have_not_ended "$(alive "$main" && alive "$disk" && echo yes)" yes
stop_process "$main"
wait "$main"
check helper_told_to_stop_ends_with_0 $? 0
check helper_told_to_stop_removes_its_socket "$(test -e "$folder/run/main" || echo yes)" yes
sums
test "$failed" = 0
