#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/webmail-cgi with sessions: signing in and out, blocks, tokens, preferences, and files
# that are not what they should be.  CGI and WEIRCTL name the two programs.
# Ends with "N passed, M failed".
set -u
: "${CGI:?the path of the compose program}" "${WEIRCTL:?the path of weirctl}"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-cgi.XXXXXX") || exit 70
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' HUP INT TERM
table=$folder/table
state=$folder/state
passed=0
failed=0
mkdir "$state"

cat >"$folder/policy" <<'END'
policy submission
  limit user-hour  12 messages / 1h per user
  score stolen 100 / 1h per user   block user for 1h
    signal identity-changed 50
policy signin
  limit guess-user  3 messages / 1h per user
  limit guess-ip   50 messages / 1h per ip
END
"$WEIRCTL" -t "$table" create --keys 1000 --policy "$folder/policy" >/dev/null || exit 70

# "secret", as `mkpasswd -m sha-512 -R 1000 -S weirtest secret` says.
hash='$6$rounds=1000$weirtest$sCQHV8cjwIDp8XC2WDgepHcglHZ7noEvMsXqZt8iiJOjg4KHu9.DkAvXYF36XDF98yG6VisJDnLq1pboxzDOf/'
for user in alice bob carol dan erin fay gil hal ida jo; do
  echo "$user:$hash"
done >"$folder/users"
printf '# no user\nlocked:!\nempty:\nstarred:*0\nbroken\n' >>"$folder/users"

# request METHOD PATH [VARIABLE=VALUE …]: body on standard input; cookie in $cookie; the answer in
# $folder/out, the log in $folder/err.
request() {
  method=$1
  path=$2
  shift 2
  env -i PATH="$PATH" REQUEST_METHOD="$method" PATH_INFO="$path" SCRIPT_NAME=/mail \
    HTTP_HOST=mail.example.edu REMOTE_ADDR=192.0.2.1 HTTP_COOKIE="$cookie" WEIR_TABLE="$table" \
    WEIR_STATE="$state" WEIR_USERS="$folder/users" WEIR_SPOOL="$folder/spool" "$@" "$CGI" \
    >"$folder/out" 2>"$folder/err"
  set_cookie=$(field Set-Cookie)
}

get() { request GET "$@" </dev/null; }

# post PATH BODY [VARIABLE=VALUE …]
post() {
  where=$1
  body=$2
  shift 2
  printf %s "$body" >"$folder/in"
  request POST "$where" CONTENT_TYPE=application/x-www-form-urlencoded \
    CONTENT_LENGTH="${#body}" "$@" <"$folder/in"
}

check() {
  if test "$2" = "$3"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: got "%s", expected "%s"\n' "$1" "$2" "$3"
  fi
}

status() { sed -n 's/^Status: \([0-9]*\) .*/\1/p;/^.$/q' "$folder/out"; }
field() { tr -d '\r' <"$folder/out" | sed -n "s/^$1: //p;/^\$/q"; }
has() { if grep -qF -- "$1" "$folder/${2:-out}"; then echo yes; else echo no; fi; }
token() { sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$folder/out" | head -n 1; }
mails() { if test -f "$folder/spool"; then grep -c '^MAIL FROM:' "$folder/spool"; else echo 0; fi; }
last_mail() { tac "$folder/spool" | sed '/^HELO/q' | tac | tr -d '\r'; }
text() { last_mail | sed '1,/^$/d;/^\.$/d' | base64 -d; }
encode() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' %; }
session_file() { echo "$state/sessions/${cookie#*=}"; }

# sign_in USER [VARIABLE=VALUE …]: then $cookie and $token are the session's.
sign_in() {
  cookie=
  name=$1
  shift
  post /sign-in "user=$name&password=secret" "$@"
  cookie=${set_cookie%%;*}
  get '' "$@"
  token=$(token)
}

# send TEXT [VARIABLE=VALUE …]
send() {
  letter=$1
  shift
  post '' "token=$token&to=bob@example.org&subject=Hello&body=$letter" "$@"
}

# ------------------------------------------------------------------ signing in

cookie=
get ''
check stranger_is_sent_to_sign_in "$(status) $(field Location)" '303 /mail/sign-in'
get /sign-in
check page_to_sign_in "$(status) $(has 'type="password"') $(grep -c '<label for=' "$folder/out")" \
  '200 yes 2'
check no_session_for_looking "$set_cookie" ''
post '' 'to=bob@example.org&subject=s&body=a+long+letter'
check stranger_cannot_send "$(status) $(mails)" '403 0'
check strangers_draft_is_kept "$(has 'a long letter</textarea>')" yes
post /sign-in 'user=alice&password=wrong'
cp "$folder/out" "$folder/wrong"
check wrong_password "$(status) $set_cookie" '403 '
post /sign-in 'user=nobody&password=wrong'
sed 's/nobody/alice/;s/[0-9a-f]\{32\}//g' "$folder/out" >"$folder/unknown"
check unknown_user_is_told_the_same \
  "$(sed 's/[0-9a-f]\{32\}//g' "$folder/wrong" | cmp - "$folder/unknown" && echo same)" same
for user in locked empty starred broken '# no user' '' alice:; do
  for password in '' '*0' '!' secret; do
    post /sign-in "user=$(encode "$user")&password=$(encode "$password")" REMOTE_ADDR=192.0.2.99
    check "no_password_of_$user" \
      "$(status) $set_cookie" "$(test "$(status)" = 429 && echo 429 || echo 403) "
  done
done
post /sign-in "user=alice&password=$(printf '%0600d' 0)"
check password_too_long "$(status)" 403
post /sign-in 'user=ali%0Dce&password=secret'
check line_end_in_user "$(status)" 400
sign_in alice
check session_begins "$(status) $(has 'Signed in as </span>alice')" '200 yes'
check cookie_is_of_128_bits "$(echo "$cookie" | sed 's/^webmail=[0-9a-f]\{32\}$/yes/')" yes
post /sign-in 'user=alice&password=secret'
check cookie_is_closed "${set_cookie#*;}" ' Path=/; HttpOnly; SameSite=Lax'
check each_sign_in_is_another "$(test "${set_cookie%%;*}" != "$cookie" && echo yes)" yes
check the_former_is_over "$(test -e "$(session_file)" || echo yes)" yes
check file_is_private \
  "$(stat -c %a "$state/sessions" "$state/sessions/${set_cookie#*=}" 2>/dev/null |
  head -n 1)" 700
sign_in alice HTTPS=on
check cookie_of_https "$(echo "$cookie" | cut -d= -f1)" __Host-webmail
post /sign-in 'user=alice&password=secret' HTTPS=on
check cookie_of_https_is_secure "${set_cookie#*;}" ' Path=/; HttpOnly; SameSite=Lax; Secure'
cookie=${set_cookie%%;*}
get '' # not over plain HTTP
check cookie_of_https_is_none_without "$(status)" 303
post /sign-in 'user=alice&password=secret' HTTP_ORIGIN=https://evil.example
check signed_in_by_another_site "$(status) $set_cookie" '403 '
post /sign-in 'user=alice&password=secret' HTTP_SEC_FETCH_SITE=cross-site
check signed_in_by_another_site_without_origin "$(status) $set_cookie" '403 '

for user in carol carol carol; do
  post /sign-in "user=$user&password=wrong"
done
post /sign-in 'user=carol&password=secret'
check guesses_are_throttled \
  "$(status) $(test "$(field Retry-After)" -gt 1 && echo yes) $set_cookie" '429 yes '
check wait_is_in_words "$(has 'You can try again in 20 minutes.')" yes
for try in 1 2 3 4 5 6; do
  sign_in alice
done
check right_passwords_are_given_back "$try $(status)" '6 200'
sign_in alice WEIR_TABLE="$folder/none"
check without_table_nobody_signs_in "$(status)" 303
sign_in alice WEIR_TABLE="$folder/none" WEIR_FAIL=open
check fail_open_signs_in "$(status)" 200
post /sign-in 'user=alice&password=secret' WEIR_USERS="$folder/none"
check users_are_missing "$(status) $(wc -l <"$folder/err" | tr -d ' ')" '503 1'
for try in 1 2 3 4 5 6; do
  post /sign-in 'user=alice&password=secret' WEIR_USERS="$folder/none"
done
check users_missing_is_no_guess "$(status)" 503

# ------------------------------------------------------------------ sessions

sign_in alice
for wrong in webmail webmail= webmail=0 "webmail=$(printf '%032d' 0)" "$cookie"0 "x$cookie" \
  'webmail=../../../../../../../../etc/passwd' "webmail=$(echo "${cookie#*=}" | tr a-f A-F)G" \
  swept=1; do
  get '' HTTP_COOKIE="$wrong"
  check "cookie_that_is_none $wrong" "$(status)" 303
done
get '' HTTP_COOKIE="a=b; webmail=x; $cookie; webmail=$(printf '%032d' 0)"
check cookie_among_others "$(status)" 200
touch -d '119 minutes ago' "$(session_file)"
get ''
check idle_for_less_than_2_hours "$(status)" 200
check used_it_is_touched "$(find "$(session_file)" -mmin -5 | wc -l)" 1
touch -d '121 minutes ago' "$(session_file)"
get ''
check idle_for_2_hours "$(status) $(test -e "$(session_file)" || echo gone)" '303 gone'
sign_in alice
sed -i "s/^[0-9]*/$(($(date +%s) - 43100))000000000/" "$(session_file)"
get ''
check lives_for_less_than_12_hours "$(status)" 200
sed -i "s/^[0-9]*/$(($(date +%s) - 43300))000000000/" "$(session_file)"
get ''
check lives_for_12_hours "$(status)" 303
sign_in alice
for forged in '' x '1 2 3' "9999999999999999999 9999999999999999999 $token " \
  "$(printf '%05000d' 0)" \
  "1 1 $token alice"; do
  echo "$forged" >"$(session_file)"
  get ''
  check "forged_file $(echo "$forged" | cut -c -20)" "$(status | sed 's/^[35]03$/shut/')" shut
done
rm -f "$(session_file)"
ln -s "$folder/policy" "$(session_file)"
get ''
check follows_no_link "$(status)" 503
rm -f "$(session_file)"
sign_in bob
chmod 755 "$state/sessions"
get ''
check folder_that_others_read "$(status) $(wc -l <"$folder/err" | tr -d ' ')" '503 1'
chmod 700 "$state/sessions"
get '' WEIR_STATE="$folder/none"
check state_is_missing "$(status)" 503
get '' WEIR_STATE=
check users_without_state_is_a_mistake "$(status) $(wc -l <"$folder/err" | tr -d ' ')" '403 1'
old=$state/sessions/$(printf '%032d' 7)
echo old >"$old" && touch -d '3 hours ago' "$old" "$state/sessions/swept"
sign_in bob
check what_is_over_is_removed "$(test -e "$old" || echo gone) $(status)" 'gone 200'

post /sign-out "token=$token"
check sign_out "$(status) $(field Location) ${set_cookie%%;*}" '303 /mail/sign-in webmail='
get ''
check signed_out "$(status)" 303
sign_in bob
post /sign-out 'token='
check sign_out_needs_the_token "$(status)" 403
get /sign-out
check sign_out_is_posted "$(status) $(field Allow)" '405 POST'
get /nonesuch
check no_such_page "$(status)" 404
get '' SCRIPT_NAME='//evil.example/"><b'
check links_are_of_this_host "$(has evil.example) $(has 'href="/preferences"')" 'no yes'

# -------------------------------------------------------------------- tokens

send First
check sent_with_the_token "$(status) $(mails)" '200 1'
right=$token
for wrong in '' 0 "${right}0" "$(echo "$right" | tr 0-9a-f 1-9a-f0)"; do
  token=$wrong
  send 'kept+letter'
  check "token_is_wrong $wrong" "$(status) $(has 'kept letter</textarea>') $(token)" \
    "403 yes $right"
done
post '' 'to=bob@example.org&subject=s&body=kept+letter'
check token_is_missing "$(status) $(has 'kept letter</textarea>') $(token) $(mails)" \
  "403 yes $right 1"
bobs=$right
sign_in dan
token=$bobs
send 'of+another+session'
check token_of_another_session "$(status) $(mails)" '403 1'
post /preferences 'name=Mallory'
check preferences_need_the_token "$(status) $(has 'value="Mallory"')" '403 yes'

# -------------------------------------------------------------------- blocks

sign_in erin
"$WEIRCTL" -t "$table" block user=erin >/dev/null
send 'half+a+letter'
check block_ends_the_session "$(status) $(has 'You have been signed out') ${set_cookie%%;*}" \
  '403 yes webmail='
check block_keeps_the_draft "$(has 'half a letter</textarea>') $(has 'value="bob@example.org"')" \
  'yes yes'
check session_file_is_gone "$(test -e "$(session_file)" || echo gone)" gone
erins=$cookie
cookie=
post /sign-in 'user=erin&password=secret'
check blocked_cannot_sign_in "$(status) $set_cookie $(has 'Sign-in is stopped')" '403  yes'
cp "$folder/out" "$folder/told"
post /sign-in 'user=erin&password=wrong'
check blocked_is_no_place_to_guess "$(sed 's/nonce[-=]"*[0-9a-f]*//' "$folder/out" | cksum)" \
  "$(sed 's/nonce[-=]"*[0-9a-f]*//' "$folder/told" | cksum)"
for try in 1 2 3 4; do
  post /sign-in "user=nobody$try&password=wrong" REMOTE_ADDR=192.0.2.2
  post /sign-in 'user=erin&password=secret' REMOTE_ADDR=192.0.2.2
done
check blocked_gives_back_no_guess \
  "$("$WEIRCTL" -t "$table" why ip=192.0.2.2 | awk '$2 == "guess-ip" { print $4 }')" 4
"$WEIRCTL" -t "$table" unblock user=erin >/dev/null
cookie=$erins
get ''
check lift_does_not_bring_it_back "$(status)" 303
sign_in erin
check signed_in_after_the_lift "$(status)" 200
cp "$(session_file)" "$folder/copy"
"$WEIRCTL" -t "$table" block user=erin >/dev/null
"$WEIRCTL" -t "$table" unblock user=erin >/dev/null
get /preferences
check blocked_and_lifted_between_two_requests "$(status) $(has 'You have been signed out')" \
  '403 yes'
cp -p "$folder/copy" "$(session_file)"
get ''
check even_with_its_file_it_is_over "$(status)" 403
sign_in erin
post '' "token=$token&to=bob@example.org&subject=s&body=kept" WEIR_TABLE="$folder/none"
check without_table_fails_closed \
  "$(status) $(has 'kept</textarea>') $(test -e "$(session_file)" && echo there)" \
  '503 yes there'
check without_table_logs_one_line "$(wc -l <"$folder/err" | tr -d ' ')" 1
before=$(mails)
post '' "token=$token&to=bob@example.org&subject=s&body=b" WEIR_TABLE="$folder/none" WEIR_FAIL=open
check without_table_fails_open \
  "$(status) $(($(mails) - before)) $(wc -l <"$folder/err" | tr -d ' ')" '200 1 1'
post '' 'to=bob@example.org&subject=old+draft&body=comes+along'
sign_in fay
post /sign-in 'user=fay&password=secret&to=bob@example.org&subject=old+draft&body=comes+along'
check draft_goes_on_after_sign_in \
  "$(status) $(has 'comes along</textarea>') $(has 'value="old draft"')" '200 yes yes'

# ------------------------------------------------- signed in by the web server

cookie=
get '' REMOTE_USER=gil
check where_users_sign_in_here_the_server_has_no_say "$(status)" 303
get '' WEIR_USERS= REMOTE_USER=gil
check web_servers_user_gets_a_session "$(status) ${set_cookie%%=*} $(has 'Sign out')" \
  '200 webmail no'
cookie=${set_cookie%%;*}
token=$(token)
send Hello WEIR_USERS= REMOTE_USER=gil
check web_servers_user_sends "$(status)" 200
get /sign-in WEIR_USERS= REMOTE_USER=gil
check then_nobody_signs_in_here "$(status)" 404
get '' WEIR_USERS= REMOTE_USER=hal
check of_another_user_it_is_no_session "$(status) $(has '</span>hal') ${set_cookie%%=*}" \
  '200 yes webmail'
cookie=
hour_ago=$(($(date +%s) - 3600))
get '' WEIR_USERS= REMOTE_USER=ida WEIR_AUTH_TIME=$hour_ago
check issued_when_signed_on "$(cut -d' ' -f2 "$state/sessions/$(echo "$set_cookie" |
  sed 's/webmail=\([0-9a-f]*\).*/\1/')")" "${hour_ago}000000000"
"$WEIRCTL" -t "$table" block user=ida >/dev/null
get '' WEIR_USERS= REMOTE_USER=ida
check blocked_gets_none "$(status) ${set_cookie%%;*}" '403 webmail='
"$WEIRCTL" -t "$table" unblock user=ida >/dev/null
get '' WEIR_USERS= REMOTE_USER=ida WEIR_AUTH_TIME=$hour_ago
check signed_on_before_the_block "$(status) ${set_cookie%%;*}" '403 webmail='
get '' WEIR_USERS= REMOTE_USER=ida WEIR_AUTH_TIME=99x
check time_that_is_none_is_long_ago "$(status)" 403
get '' WEIR_USERS= REMOTE_USER=ida WEIR_AUTH_TIME=9999999999
check time_to_come_is_now "$(status)" 200

# --------------------------------------------------------------- preferences

# prefer NAME REPLY-TO SIGNATURE
prefer() {
  post /preferences \
    "token=$token&name=$(encode "$1")&reply-to=$(encode "$2")&signature=$(encode "$3")"
}
sign_in hal
get /preferences
check preferences_are_empty "$(status) $(grep -c 'value=""' "$folder/out")" '200 2'
prefer 'Hal É. "Dr" <x>' hal@lab.example.edu "$(printf 'Hal\r\nLab 7\r\n\r\n')"
check preferences_are_kept "$(status) $(has 'role="status"')" '200 yes'
get /preferences
check preferences_are_shown \
  "$(has 'value="Hal É. &quot;Dr&quot; &lt;x&gt;"') $(has 'Lab 7</textarea>')" 'yes yes'
check file_is_named_by_digits "$(ls "$state/preferences")" 68616c
check file_is_private "$(stat -c %a "$state/preferences/68616c")" 600
get ''
check signature_is_shown "$(has 'Lab 7</pre>') $(has 'Hal É.')" 'yes yes'
send 'Dear+Bob'
check signature_goes_below "$(text | tr -d '\r' | tr '\n' '|')" 'Dear Bob|-- |Hal|Lab 7'
check name_is_encoded "$(last_mail | grep -A1 '^From:' | tr '\n' ' ')" \
  'From: =?utf-8?B?SGFsIMOJLiAiRHIiIDx4Pg==?=  <hal@localhost> '
check replies_go_elsewhere "$(last_mail | grep '^Reply-To')" 'Reply-To: <hal@lab.example.edu>'
check first_identity_is_no_change "$("$WEIRCTL" -t "$table" why user=hal | grep -c stolen)" \
  "$("$WEIRCTL" -t "$table" why user=jo | grep -c stolen)"
number=0
for wrong in "$(printf 'a\nBcc: x@x.org')" "$(printf 'a\r\nBcc: x@x.org')" "$(printf 'a\rb')" \
  "$(printf 'a\302\205b')" "$(printf 'a\342\200\250b')" "$(printf '%0121d' 0)"; do
  number=$((number + 1))
  prefer "$wrong" '' ''
  check "name_that_is_none $number" "$(status)" 400
  test $number = 6 || {
    prefer '' "$wrong" ''
    check "address_that_is_none $number" "$(status)" 400
  }
done
for wrong in nobody 'a@x.org, b@x.org' 'a@x.org>' '<a@x.org>' ' a@x.org' 'a b@x.org'; do
  prefer 'Hal' "$wrong" 'kept text'
  check "address_that_is_none $wrong" \
    "$(status) $(has 'id="reply-to-wrong"') $(has 'kept text')" '400 yes yes'
  check "mistake_is_linked_to_its_field $wrong" \
    "$(has 'aria-invalid="true" autofocus aria-describedby="reply-to-wrong reply-to-help"')" yes

done
prefer Hal '' "$(yes . | head -n 13)"
check signature_of_13_lines "$(status)" 400
prefer Hal '' "$(printf '%01001d' 0)"
check signature_of_1001_letters "$(status)" 400
post /preferences "token=$token&name=a%00b"
check nul_in_a_name "$(status)" 400
check what_was_kept_still_is "$(get /preferences; has 'Lab 7</textarea>')" yes
prefer Hal '' "$(printf 'a\n.\n-- \nb')"
send '.'
check dots_are_text "$(status) $(text | tr -d '\r' | tr '\n' '|')" '200 .|-- |a|.|-- |b'
prefer 'The Help Desk' '' 'Cheap watches'
prefer 'Hal' '' 'Cheap watches'
check changes_alone_are_no_signal "$(status)" 200
prefer 'Hal' '' 'More watches'
send One
prefer 'Hal' '' 'Most watches'
send Two
send Three
check sent_with_other_identities_blocks "$(status)" 403
sign_in dan
for other in 'Dan:' 'The Bank:' 'The Bank:bank@x.org' 'The Bank:other@x.org'; do
  prefer "${other%%:*}" "${other#*:}" ''
  send Hello
done
check last_change_still_goes "$(status)" 200
send Hello
check other_name_and_replies_block_too "$(status)" 403
echo garbage >"$state/preferences/6a6f"
sign_in jo
check preferences_that_are_none "$(status) $(wc -l <"$folder/err" | tr -d ' ')" '503 1'
rm "$state/preferences/6a6f" && ln -s "$folder/policy" "$state/preferences/6a6f"
get ''
check preferences_follow_no_link "$(status)" 503
prefer Jo '' ''
check policy_is_as_it_was "$(head -n 1 "$folder/policy")" 'policy submission'
rm "$state/preferences/6a6f"
get /preferences WEIR_STATE= WEIR_USERS= REMOTE_USER=jo
check without_state_there_are_none "$(status)" 404

# ------------------------------------------------------------ what is left

sign_in jo
check what_is_left "$(has 'You can send 12 more messages in this hour.') $(field RateLimit)" \
  'yes "user-hour";r=12;t=3600'
get ''
check looking_charges_nothing "$(has 'You can send 12 more messages')" yes
while test "$(mails)" -lt 1000 && send Hello && test "$(status)" = 200; do
  last=$(sed -n 's/.*id="quota" class="\([^"]*\)">\(.*\)<.*/\1: \2/p' "$folder/out")
done
check last_one_says_when "$last" 'quota low: You can send the next message in 5 minutes.'
check then_it_is_refused "$(status) $(test "$(field Retry-After)" -le 300 && echo yes)" '429 yes'
get ''
check page_says_when \
  "$(status) $(has 'You can send the next message in 5 minutes.') $(field Retry-After)" '200 yes '

printf '%d passed, %d failed\n' "$passed" "$failed"
test "$failed" -eq 0
