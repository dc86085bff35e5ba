# SPDX-License-Identifier: BSD-2-Clause
# $rows: x, height, colour, text above; marks: x, name below; keys: name, colour, one an entry.
set title 'One decision, single calls, one thread: ns, median'
set boxwidth 0.9
set xrange [from:to]
set yrange [0:*]
set offsets 0, 0, graph 0.06, 0
set ylabel 'ns a decision'
set xtics () scale 0
set for [i=1:words(mark_at)] xtics add (word(mark_names, i) word(mark_at, i) + 0)
set key outside bottom center horizontal maxrows 1 width 1
plot $rows using 1:2:3 with boxes linecolor rgb variable notitle, \
  $rows using 1:2:4 with labels offset 0, 0.6 font ',10' textcolor rgb '#3a4148' notitle, \
  for [i=1:words(key_colours)] keyentry with boxes linecolor rgb int(word(key_colours, i)) \
    title word(key_names, i)
