#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the programs print that a user of the library reads first: examples/threads.c, fork.c and
# batch.c, to the letter.  (hello.c: docs.sh.)
#   WEIRCTL=build/weirctl sh tests/tool/examples.sh
# The last line is "N passed, M failed".
. tests/support/tool.sh
case $given in
/*) examples=${given%/*}/examples ;;
*) examples=$OLDPWD/${given%/*}/examples ;;
esac

# prints PROGRAM TEXT
prints()
{
  expect 0 "$examples/$1"
  printf '%s\n' "$2" >wanted
  same out wanted
}

prints threads '4 threads asked 2000 times: 1000 sent'
prints fork '4 workers asked 400 times: 250 sent'
prints batch '0 alice: send
1 bob: send
2 alice: send
3 alice: send
4 nobody: the request lacks an attribute that a limit counts by
5 alice: later
6 carol: send
1 of 7 without an answer'

# Their tables are memory of their own: the system's, which may be in use, is not touched.
WEIR_TABLE=$top/none
export WEIR_TABLE
expect 0 "$examples/threads"
expect 0 "$examples/fork"
expect 0 "$examples/batch"
last='WEIR_TABLE beside the examples'
if [ -e none ]; then fail 'a table was made'; else pass; fi

report
