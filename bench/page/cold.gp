# SPDX-License-Identifier: BSD-2-Clause
# least: where the axis begins.  $rows: place from below, median, first and third quarter, colour, text, its name.
set title 'A decision in a fresh process: what it adds, µs'
set xrange [least:*]
set yrange [0.4:last + 0.6]
set offsets 0, graph 0.08, 0, 0
set xlabel 'µs more than the same process doing nothing: median, and the middle half'
set ytics () scale 0
set for [i=1:words(names)] ytics add (word(names, i) i)
set grid noytics xtics linetype 1 linecolor rgb '#e4e7ea' linewidth 1
set border 1
unset key
plot $rows using (0):1:(0):2:($1 - 0.32):($1 + 0.32):5 with boxxyerror linecolor rgb variable, \
  $rows using 2:1:3:4 with xerrorbars pointtype -1 linewidth 1.2 linecolor rgb '#3a4148', \
  $rows using 4:1:6 with labels left offset 0.8, 0 font ',11' textcolor rgb '#1d2226'
