#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/webmail-cgi in a real lighttpd, with a real Postfix behind it.  WEIRCTL and DELEGATE
# name the programs, BUILD the build folder.  What README.md there shows for lighttpd and nginx runs.
# Ends with "N passed, M failed, K skipped".
set -u
: "${WEIRCTL:?the path of weirctl}" "${DELEGATE:?the path of postfix-policy}"
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
# shellcheck source=webmail_server.sh
. "$here/webmail_server.sh"
# shellcheck source=webmail_visitor.sh
. "$here/webmail_visitor.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-web.XXXXXX") || exit 70
chmod 755 "$folder" # mktemp's 0700 would shut the servers' users out
memory=$(mktemp -d /dev/shm/weir-web.XXXXXX) || exit 70
chmod 755 "$memory"
table=$folder/table
delegate=
postfix_started=
processes=

cleanup() {
  for process in $processes; do
    stop_process "$process"
  done
  webmail_stop
  test -z "$postfix_started" || postfix_stop
  test -z "$delegate" || stop_process "$delegate"
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip webmail "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log "$folder"/*.out "$folder"/web/log/* "$folder"/web/out 2>/dev/null
  sums
  exit 1
}

test "$(id -u)" = 0 || leave_out "a private Postfix needs root"
need_packages "$folder/apt.log" postfix:postfix lighttpd:lighttpd curl:curl \
  python3:python3-minimal || leave_out "$reason"

# ------------------------------------------------------------------- helpers

# No limit refills by one within an hour, so counts are exact.
create_table() {
  cat >"$folder/policy" <<'END'
policy submission
  limit user-year  5 messages / 365d per user
  class busy
    limit user-year  40
  class many
    limit user-year  1000
  member busy user=storm
  member busy user=shm
  member many user=eve
policy signin
  limit guess-user  3 messages / 365d per user
END
  "$WEIRCTL" -t "$1" create --keys 10000 --policy "$folder/policy" --mode 0660 \
    --group "$web_group" >/dev/null && chown postfix "$1"
}

webmail_instances() {
  smtp=127.0.0.1:$port_data
  echo "mail WEIR_TABLE=$table WEIR_SMTP=$smtp"
  echo "open WEIR_TABLE=$table WEIR_SMTP=$smtp WEIR_FAIL=open"
  echo "memory WEIR_TABLE=$memory/table WEIR_SMTP=$smtp"
  echo "relay WEIR_OFF=1 WEIR_SMTP=127.0.0.1:$port_spawn WEIR_SMTP_XCLIENT=1"
  echo "down WEIR_TABLE=$table WEIR_SMTP=127.0.0.1:1"
}

# One that takes all from here; one that asks weir whom the webmail says it sends for.
postfix_smtpd() {
  cat <<END
127.0.0.1:$port_data inet n - n - 60 smtpd
127.0.0.1:$port_spawn inet n - n - 60 smtpd
  -o smtpd_data_restrictions=check_policy_service,unix:private/policy
END
}

# queued SENDER: its messages in the queue; one that moves meanwhile is listed twice.
queued() {
  postqueue -c "$folder/etc" -j | grep "\"sender\": \"$1@example.test\"" |
    sed 's/.*"queue_id": "\([^"]*\)".*/\1/' | sort -u | grep -c .
}

# whole_queue: all that is in it, header and text, with its envelopes.
whole_queue() {
  postqueue -c "$folder/etc" -j | sed 's/.*"queue_id": "\([^"]*\)".*/\1/' | while read -r id; do
    postcat -c "$folder/etc" -q "$id"
  done
}

left() {
  "$WEIRCTL" -t "$table" peek submission user="$1" messages=0 | cut -f 3
}

client() {
  python3 "$here/webmail_client.py" "$@" 2>&1
}

# --------------------------------------------------------------------- start

mkdir "$folder/bin" && cp "$DELEGATE" "$folder/bin/postfix-policy" || give_up copy
create_table "$table" && create_table "$memory/table" || give_up create_table
postfix_started=1
postfix_start || give_up postfix_start
# What is accepted stays in the queue; two people whom nobody knows, and who has no room.
unknown='{ nobody@x.test = 550 5.1.1 no such person }, { full@x.test = 450 4.2.2 no room }'
postconf -c "$folder/etc" -e defer_transports=discard \
  "smtpd_recipient_restrictions=check_recipient_access inline:{ $unknown }, permit_mynetworks"
postfix -c "$folder/etc" reload >>"$folder/postfix.out" 2>&1
"$folder/bin/postfix-policy" -t "$table" -l "unix:$folder/q/private/policy" -u postfix \
  2>>"$folder/policy.log" &
delegate=$!
wait_for test -S "$folder/q/private/policy" || give_up delegate_start
webmail_prepare alice bob carol dan eve fay gil hal ida jo kim lea storm shm || give_up prepare
webmail_start || give_up webmail_start

# ------------------------------------------------------------------- sign in

check stranger_is_sent_to_sign_in "$(ask alice GET mail) $(header Location)" '303 /mail/sign-in'
check wrong_password "$(ask alice POST mail/sign-in -d user=alice -d password=wrong)" 403
check wrong_password_is_told "$(has 'do not go together') $(header Set-Cookie)" 'yes '
check signed_in "$(sign_in alice) $(has '</span>alice')" '200 yes'
check cookie_is_closed "$(sed -n 's/.*\(#HttpOnly_\).*webmail.*/\1/p' "$folder/jar.alice")" \
  '#HttpOnly_'
ask nobody GET mail/sign-in >/dev/null
check nothing_on_the_page_runs "$(grep -ciE '<script| on[a-z]+=|javascript:' "$folder/page")" 0
check style_is_by_nonce \
  "$(header Content-Security-Policy | grep -c "style-src 'nonce-[0-9a-f]*'")" 1
for try in 1 2 3; do
  ask nobody POST mail/sign-in -d user=carol -d "password=wrong$try" >/dev/null
done
check guesses_are_throttled "$(ask nobody POST mail/sign-in -d user=carol -d password=secret)" 429
check guesses_have_retry_after "$(test "$(header Retry-After)" -gt 1000000 && echo yes)" yes

# -------------------------------------------------------------------- limits

ask alice GET mail >/dev/null
check quota_is_shown "$(has 'You can send 5 more messages within 365 days.')" yes
check quota_is_told_to_programs "$(header RateLimit) $(header RateLimit-Policy)" \
  '"user-year";r=5;t=31536000 "user-year";q=5;w=31536000'
check message_is_sent "$(letter alice mail) $(queued alice)" '200 1'
check quota_has_gone_down "$(has 'You can send 4 more messages within 365 days.')" yes
for try in 2 3 4 5; do
  letter alice mail >/dev/null
done
check sixth_is_refused "$(letter alice mail)" 429
check refusal_has_retry_after "$(test "$(header Retry-After)" -gt 1000000 && echo yes)" yes
check refusal_has_ratelimit "$(header RateLimit | sed 's/=[0-9]*$/=/')" '"user-year";r=0;t='
check refusal_keeps_the_draft "$(has 'a kept letter</textarea>') $(has 'value="u@x.test"')" \
  'yes yes'
check refusal_says_when "$(grep -cE 'You can send it in [0-9]+ days\.' "$folder/page")" 1
check what_passed_is_in_the_queue "$(queued alice)" 5
check another_user_passes "$(sign_in bob) $(letter bob mail)" '200 200'
for storm in "storm mail" "shm memory"; do
  # shellcheck disable=SC2086
  set -- $storm
  check "storm_of_16_clients $2" "$(client storm "$port_web" "$2" "$1" 16 6)" '200:40 429:56'
  check "storm_is_in_the_queue $2" "$(queued "$1")" 40
done

# -------------------------------------------------------------------- tokens

sign_in dan >/dev/null
right=$(token)
check token_is_missing "$(ask dan POST mail -d to=u@x.test -d 'body=a kept letter')" 403
check without_a_token_the_draft_is_kept "$(has 'a kept letter</textarea>') $(token)" "yes $right"
ask bob GET mail >/dev/null
check token_of_another "$(ask dan POST mail -d "token=$(token)" -d to=u@x.test)" 403
check form_of_another_site "$(send dan mail -H 'Origin: http://evil.test' -d to=u@x.test)" 403
check nothing_was_sent "$(queued dan) $(left dan)" '0 5'

# ----------------------------------------------------------------- injection

# Each end of a line, and what looks like one, in each field of each form.
sign_in eve >/dev/null
right=$(token)
evil='RCPT TO:<evil@x.test>'
for end in %0d%0a %0a %0d %00 %0d%0a.%0d%0a %250d%250a %C2%85 %E2%80%A8 %E5%98%8A%E5%98%8D; do
  text="x${end}X-Evil: y${end}$evil"
  for field in to subject body token; do
    test $field = token || set -- -d "token=$right"
    test $field = to || set -- "$@" -d to=u@x.test
    ask eve POST mail "$@" -d "$field=$text" >>"$folder/statuses"
    cat "$folder/head" >>"$folder/heads"
    set --
  done
  for field in name reply-to signature; do
    ask eve POST mail/preferences -d "token=$right" -d "$field=$text" >>"$folder/statuses"
    cat "$folder/head" >>"$folder/heads"
    ask eve POST mail -d "token=$right" -d to=u@x.test >>"$folder/statuses"
  done
  for field in user password; do
    ask nobody POST mail/sign-in -d user=eve -d password=secret -d "$field=$text" \
      >>"$folder/statuses"
    cat "$folder/head" >>"$folder/heads"
  done
done
check injection_is_answered "$(sort -u "$folder/statuses" | tr '\n' ' ')" '200 400 403 '
check injection_reached_the_queue "$(test "$(queued eve)" -gt 20 && echo yes)" yes
whole_queue >"$folder/queue"
check no_recipient_was_injected "$(grep -c 'evil@' "$folder/queue")" 0
check no_header_was_injected \
  "$(grep -ci '^ *X-Evil' "$folder/queue") $(grep -ci X-Evil "$folder/heads")" '0 0'
check each_has_one_sender "$(grep -c '^sender: eve@example.test$' "$folder/queue")" "$(queued eve)"
check markup_is_text "$(send eve mail -d 'to="><script>x</script>' -d 'subject=<b>' \
  -d 'body=</textarea><script>x</script>') $(has '<script>x') $(has '&lt;/textarea&gt;')" \
  '400 no yes'

# --------------------------------------------------------------- preferences

sign_in fay >/dev/null
ask fay GET mail/preferences >/dev/null
check preferences_are_saved "$(ask fay POST mail/preferences -d "token=$(token)" -d 'name=Fay Ö' \
  -d reply-to=lab@x.test -d 'signature=Fay, Lab 7')" 200
check message_with_them "$(letter fay mail)" 200
id=$(postqueue -c "$folder/etc" -j | grep '"fay@' | sed 's/.*"queue_id": "\([^"]*\)".*/\1/')
postcat -c "$folder/etc" -h -b -q "$id" >"$folder/mail"
check name_goes_out "$(grep -A1 '^From:' "$folder/mail" | tr -d '\n')" \
  'From: =?utf-8?B?RmF5IMOW?= <fay@example.test>'
check replies_go_elsewhere "$(grep -c '^Reply-To: <lab@x.test>' "$folder/mail")" 1
check signature_goes_out "$(sed '1,/^$/d' "$folder/mail" | base64 -d | tr -d '\r' | tr '\n' '|')" \
  'a kept letter|-- |Fay, Lab 7'

# --------------------------------------------------------------- mail server

sign_in gil >/dev/null
check some_are_refused "$(send gil mail -d to=u@x.test,nobody@x.test -d body=x) $(queued gil)" \
  '200 1'
check who_was_refused_is_told \
  "$(grep -c '<b>nobody@x.test</b>: .*Recipient address rejected: no such person' "$folder/page")" 1
check all_are_refused \
  "$(send gil mail -d to=nobody@x.test -d 'body=a kept letter') $(has 'a kept letter<')" '422 yes'
check refused_for_now \
  "$(send gil mail -d to=full@x.test -d 'body=a kept letter') $(has 'a kept letter<')" '503 yes'
check what_was_refused_is_given_back "$(left gil)" 4
check server_is_down "$(letter gil down) $(has 'a kept letter</textarea>')" '503 yes'
check server_down_is_given_back "$(left gil)" 4
sign_in hal relay >/dev/null
check relay_counts_the_user \
  "$(for try in 1 2 3 4 5; do letter hal relay; done | uniq -c | tr -s ' ')" ' 5 200'
check relays_limit "$(letter hal relay) $(has 'a kept letter</textarea>')" '503 yes'
check relays_words_are_told \
  "$(grep -c 'It says: .*user-year: rate limit exceeded, try again in' "$folder/page")" 1
check relay_and_webmail_count_together "$(left hal)" 0

# ---------------------------------------------------------------- odd bodies

sign_in ida >/dev/null
head -c 1000000 /dev/zero | tr '\0' x >"$folder/large"
check body_of_a_megabyte \
  "$(send ida mail -d to=u@x.test --data-urlencode "body@$folder/large") $(queued ida)" '200 1'
head -c 1100000 /dev/zero | tr '\0' x >"$folder/large"
check body_too_large \
  "$(send ida mail -d to=u@x.test --data-urlencode "body@$folder/large") $(queued ida)" '413 1'
check form_that_comes_in_pieces "$(client slow "$port_web" mail ida) $(queued ida)" '200 2'
client cut "$port_web" mail ida >"$folder/cut"
check form_that_ends_early "$(queued ida) $(left ida)" '2 3'
check not_a_form "$(ask ida POST mail -H 'Content-Type: application/json' -d '{}')" 415

# -------------------------------------------------------------------- blocks

sign_in jo >/dev/null
right=$(token)
"$WEIRCTL" -t "$table" block user=jo >/dev/null
check block_ends_the_session \
  "$(ask jo POST mail -d "token=$right" -d to=u@x.test -d 'body=a kept letter')" 403
check block_keeps_the_draft "$(has 'You have been signed out') $(has 'a kept letter</textarea>')" \
  'yes yes'
check session_is_gone "$(letter jo mail) $(queued jo)" '403 0'
sign_in_again() { ask jo POST mail/sign-in -d user=jo -d password=secret; }
check blocked_cannot_sign_in "$(sign_in_again) $(has 'Sign-in is stopped')" '403 yes'
"$WEIRCTL" -t "$table" unblock user=jo >/dev/null
check session_stays_dead "$(ask jo GET mail)" 303
check signs_in_anew "$(sign_in_again) $(letter jo mail)" '303 200'
"$WEIRCTL" -t "$table" block ip=127.0.0.1 >/dev/null
check block_of_an_address_stops_its_mail "$(letter jo mail) $(has 'Sending is stopped')" '403 yes'
check it_ends_no_session "$(ask jo GET mail)" 200
"$WEIRCTL" -t "$table" unblock ip=127.0.0.1 >/dev/null
check address_is_free_again "$(letter jo mail)" 200

# ------------------------------------------------------------ the table is missing

sign_in kim >/dev/null
mv "$table" "$table.away"
right=$(token)
check table_missing_fails_closed \
  "$(ask kim POST mail -d "token=$right" -d to=u@x.test -d 'body=a kept letter')" 503
check table_missing_keeps_the_draft "$(has 'a kept letter</textarea>') $(queued kim)" 'yes 0'
check table_missing_fails_open "$(letter kim open) $(queued kim)" '200 1'
check table_missing_nobody_signs_in \
  "$(ask nobody POST mail/sign-in -d user=kim -d password=secret)" 503
mv "$table.away" "$table"
check table_is_back "$(letter kim mail) $(queued kim) $(left kim)" '200 2 4'

# ------------------------------------------------------ as README.md shows it

# shellcheck source=webmail_shown.sh
. "$here/webmail_shown.sh"

# ---------------------------------------------------------------------- stop

postfix_stop
check mail_server_stopped "$(letter kim mail) $(has 'a kept letter</textarea>') $(left kim)" \
  '503 yes 4'
check server_has_not_ended "$(alive "$lighttpd" && echo yes)" yes
sums
test "$failed" = 0
