#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/webmail-cgi as a web server drives it: environment, standard input, output.
# CGI and WEIRCTL name the two programs.  Ends with "N passed, M failed".
set -u
: "${CGI:?the path of the compose program}" "${WEIRCTL:?the path of weirctl}"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-cgi.XXXXXX") || exit 70
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' HUP INT TERM
table=$folder/table
spool=$folder/spool
passed=0
failed=0

cat >"$folder/policy" <<'END'
policy submission
  limit user-hour  2 messages / 1h   per user
  limit user-day   5 recipients / 1d per user sliding
  limit address 1000 messages / 1h   per ip
  limit fanout     5 distinct recipient / 1d per user canonical
  score stolen   100 / 1h per user   block user for 1h
    signal identity-changed 60
    signal same-size        25
END
"$WEIRCTL" -t "$table" create --keys 1000 --policy "$folder/policy" >/dev/null || exit 70

# request METHOD [VARIABLE=VALUE …]: body on standard input; the answer in $folder/out,
# the log in $folder/err.
request() {
  method=$1
  shift
  env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 REQUEST_METHOD="$method" \
    HTTP_HOST=mail.example.edu REMOTE_USER=alice REMOTE_ADDR=192.0.2.1 WEIR_TABLE="$table" \
    WEIR_SPOOL="$spool" "$@" "$CGI" >"$folder/out" 2>"$folder/err"
}

# post BODY [VARIABLE=VALUE …]
post() {
  body=$1
  shift
  printf %s "$body" | request POST CONTENT_TYPE=application/x-www-form-urlencoded \
    CONTENT_LENGTH="${#body}" "$@"
}

count() {
  if test "$2" = "$3"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: got "%s", expected "%s"\n' "$1" "$2" "$3"
  fi
}

status() { sed -n 's/^Status: \([0-9]*\) .*/\1/p;/^.$/q' "$folder/out"; }
field() { tr -d '\r' <"$folder/out" | sed -n "s/^$1: //p;/^\$/q"; }
has() { if grep -qF -- "$1" "$folder/$2"; then echo yes; else echo no; fi; }
records() { if test -f "$spool"; then grep -c '^MAIL FROM:' "$spool"; else echo 0; fi; }

request GET </dev/null
count get_answers_200 "$(status)" 200
count get_shows_the_form "$(has '<textarea id="body"' out)" yes
count get_labels_each_field "$(grep -c '<label for=' "$folder/out")" 3
request HEAD </dev/null
count head_has_no_page "$(has '<html' out)" no
request DELETE </dev/null
count other_method_answers_405 "$(status) $(field Allow)" "405 GET, HEAD, POST"
request GET REMOTE_USER= </dev/null
count without_user_answers_403 "$(status)" 403
request GET 'REMOTE_USER=al<b>ice' </dev/null
count user_outside_alphabet_answers_403 "$(status) $(has '<b>' out)" "403 no"
request GET REMOTE_ADDR=nowhere </dev/null
count without_address_answers_400 "$(status)" 400

post 'to=bob%40example.org&subject=Hello&body=Hi%0D%0A--%0D%0AAlice' WEIR_TRACE_NS=1
count post_answers_200 "$(status)" 200
count post_says_what_is_left "$(field RateLimit)" '"user-hour";r=1;t=1800'
count post_says_the_policy "$(field RateLimit-Policy)" '"user-hour";q=2;w=3600'
count post_has_no_retry_after "$(field Retry-After)" ''
count post_reaches_the_spool "$(grep -c '^RCPT TO:<bob@example.org>' "$spool")" 1
count sender_is_the_user "$(has 'MAIL FROM:<alice@localhost>' spool)" yes
count trace_has_three_numbers \
  "$(field X-Weir-Decision-Ns | sed 's/^[0-9][0-9]* [0-9][0-9]* [0-9][0-9]*$/three/')" three
post 'to=bob@example.org,,%20carol@example.org&subject=%C3%BC&body=' WEIR_MAIL_DOMAIN=example.edu
count list_is_split "$(status) $(has 'RCPT TO:<carol@example.org>' spool)" "200 yes"
count domain_is_appended "$(has 'MAIL FROM:<alice@example.edu>' spool)" yes
count subject_is_encoded "$(has 'Subject: =?utf-8?B?w7w=?=' spool)" yes

post 'to=bob%40example.org&subject=More%3C&body=Keep+%3Cthis%3E+%26+that'
wait_s=$(field Retry-After)
count over_limit_answers_429 "$(status) $(field Status)" "429 429 Too Many Requests"
count over_limit_says_when "$(test "${wait_s:-0}" -ge 1 && test "$wait_s" -le 1800 && echo yes)" yes
count over_limit_says_the_same_to_programs "$(field RateLimit)" "\"user-hour\";r=0;t=$wait_s"
count over_limit_says_when_in_words \
  "$(grep -c 'You can send it in \(29\|30\) minutes\.' "$folder/out")" 1
count over_limit_keeps_the_draft "$(has 'Keep &lt;this&gt; &amp; that</textarea>' out)" yes
count over_limit_keeps_the_subject "$(has 'value="More&lt;"' out)" yes
count over_limit_sends_nothing "$(records)" 2
post 'to=bob%40example.org&body=x' REMOTE_USER=bob
count another_user_is_not_held "$(status)" 200
post 'to=a@x.org,b@x.org,c@x.org,d@x.org,e@x.org,f@x.org' REMOTE_USER=carol
count never_has_no_retry_after "$(status) $(field Retry-After)" "429 "
count never_says_what_is_left "$(field RateLimit)" '"user-day";r=5'
post 'to=a@x.org,b@x.org,c@x.org,d@x.org,e@x.org' REMOTE_USER=carol
count denied_request_was_not_charged "$(status)" 200
sent=$(records)

printf 'to=a@x.org' | request POST CONTENT_TYPE=application/x-www-form-urlencoded
count without_length_answers_411 "$(status)" 411
post 'to=a@x.org' CONTENT_LENGTH=ten
count length_not_a_number_answers_400 "$(status)" 400
post 'to=a@x.org' CONTENT_LENGTH=-1
count negative_length_answers_400 "$(status)" 400
post 'to=a@x.org' CONTENT_LENGTH=50
count body_cut_short_answers_400 "$(status)" 400
post 'to=a@x.org' CONTENT_LENGTH=1048577
count body_too_long_answers_413 "$(status)" 413
post 'to=a@x.org' CONTENT_LENGTH=99999999999999999999999
count length_beyond_64_bits_answers_413 "$(status)" 413
post 'to=a@x.org' CONTENT_TYPE=text/plain
count not_a_form_answers_415 "$(status)" 415
post 'to=a@x.org' HTTP_ORIGIN=https://evil.example
count form_of_another_site_answers_403 "$(status)" 403
for origin in mail.example.edu https://mail.example.edu.evil.example https://mail.example.edu:8443 \
  https://mail.example.ed null 'https://mail.example.edu:443@evil.example'; do
  post 'to=a@x.org' HTTP_ORIGIN="$origin" SERVER_PORT=443
  count "form_of_another_site_answers_403 $origin" "$(status)" 403
done
post 'body=x' HTTP_ORIGIN=https://mail.example.edu SERVER_PORT=443
count form_of_this_site_is_read "$(status)" 400
post 'body=x' HTTP_ORIGIN=https://MAIL.example.edu:8443 SERVER_PORT=8443
count form_of_this_port_is_read "$(status)" 400
post 'body=x' HTTP_SEC_FETCH_SITE=same-site
count form_of_a_neighbour_answers_403 "$(status)" 403
post 'to=a@x.org%0D%0ABcc:all@x.org&subject=s'
count line_end_in_to_answers_400 "$(status)" 400
post 'to=a@x.org&subject=s%0ABcc:all@x.org&body=kept'
count line_end_in_subject_answers_400 "$(status) $(has kept out)" "400 yes"
post 'to=a@x.org&subject=s%00&body=b'
count nul_answers_400 "$(status)" 400
post 'to=a@x.org&body=%zz'
count bad_escape_answers_400 "$(status)" 400
post 'to=a@x.org&body=%C0%AF'
count bad_utf8_answers_400 "$(status)" 400
post 'to=a@x.org&to=b@x.org'
count field_given_twice_answers_400 "$(status)" 400
post 'to=%3Cscript%3E@x.org&body=kept'
count wrong_address_is_escaped "$(status) $(has '<script' out) $(has kept out)" "400 no yes"
post 'subject=s&body=b'
count without_recipient_answers_400 "$(status)" 400
count refused_requests_send_nothing "$(records)" "$sent"

post 'to=a@x.org&body=kept' WEIR_TABLE="$folder/none" REMOTE_USER=dan
count without_table_answers_503 "$(status) $(has kept out)" "503 yes"
count without_table_says_no_limit "$(field RateLimit)$(field RateLimit-Policy)" ''
count without_table_logs_one_line "$(wc -l <"$folder/err" | tr -d ' ')" 1
count without_table_sends_nothing "$(records)" "$sent"
post 'to=a@x.org' WEIR_TABLE="$folder/none" WEIR_FAIL=open REMOTE_USER=dan
count fail_open_sends "$(status) $(records)" "200 $((sent + 1))"
count fail_open_logs_one_line "$(wc -l <"$folder/err" | tr -d ' ')" 1
post 'to=a@x.org' WEIR_TABLE="$folder/none" WEIR_OFF=1 REMOTE_USER=dan
count off_does_not_ask "$(status) $(wc -l <"$folder/err" | tr -d ' ')" "200 0"
post 'to=a@x.org' WEIR_SPOOL="$folder" REMOTE_USER=erin
post 'to=a@x.org' WEIR_SPOOL="$folder" REMOTE_USER=erin
post 'to=a@x.org' WEIR_SPOOL="$folder" REMOTE_USER=erin
count spool_failure_answers_503 "$(status)" 503
count spool_failure_says_no_limit "$(field RateLimit)" ''
post 'to=a@x.org' REMOTE_USER=erin
count spool_failure_is_given_back "$(status)" 200

# What a message was like: a signature that changes, sizes that repeat.
mkdir "$folder/last"
# letter USER TEXT SIGNATURE
letter() {
  post "to=$1@x.org&subject=A+subject&body=$2%0D%0A--+%0D%0A$3" WEIR_LAST="$folder/last" \
    REMOTE_USER="$1"
}
long=Please+see+the+notes+of+the+meeting+which+are+here+below
letter fay "$long+of+May" Fay
letter fay "$long" 'Cheap+watches'
letter fay "$long" 'Cheap+watches'
count over_limit_is_no_repetition "$(status)" 429
"$WEIRCTL" -t "$table" refund submission user=fay ip=192.0.2.1 recipients=2 messages=2 >/dev/null
letter fay "$long" 'Cheap+watches'
count one_more_of_that_size_goes "$(status)" 200
letter fay "$long" 'Cheap+watches'
count and_one_more_blocks "$(status)" 200
letter fay "$long" 'Cheap+watches'
count changed_signature_and_equal_sizes_block "$(status)" 403
count blocked_says_no_limit "$(field RateLimit)$(field RateLimit-Policy)" ''
wait_s=$(field Retry-After)
count blocked_says_until_when \
  "$(test "${wait_s:-0}" -gt 3500 && test "$wait_s" -le 3601 && echo yes)" yes
letter gil "$long" Gil
post 'to=gil@x.org&subject=No+signature&body=Hi' WEIR_LAST="$folder/last" REMOTE_USER=gil
letter hal short Hal
letter hal short Hal
count nothing_has_changed "$("$WEIRCTL" -t "$table" verify >/dev/null && status)" 200
count last_is_a_line_a_user "$(cat "$folder/last/last.gil" "$folder/last/last.hal" | wc -lc | tr -s ' ')" ' 2 110'
ln -s "$folder/policy" "$folder/last/last.ivy"
letter ivy "$long" Ivy
count last_follows_no_link "$(status) $(wc -l <"$folder/err" | tr -d ' ') $(head -n 1 "$folder/policy")" \
  "200 1 policy submission"
post 'to=a@x.org&body=x' WEIR_LAST="$folder/none" REMOTE_USER=jo
count without_a_folder_the_message_goes "$(status) $(wc -l <"$folder/err" | tr -d ' ')" "200 1"

printf '%d passed, %d failed\n' "$passed" "$failed"
test "$failed" -eq 0
