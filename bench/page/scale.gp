# SPDX-License-Identifier: BSD-2-Clause
# $rows: keys, then a column a series; titles, colours, dashes of the series.
set title 'One decision, uniform keys, one thread: ns, median'
set logscale x 10
set format x '10^{%L}'
set xrange [from:to]
set yrange [0:*]
set grid xtics ytics linetype 1 linecolor rgb '#e4e7ea' linewidth 1
set xlabel 'keys in the table'
set ylabel 'ns a decision'
set key left top Left reverse
set datafile missing '-'
plot for [i=1:words(titles)] $rows using 1:(column(i + 1)) with linespoints linewidth 2 \
  pointtype 7 pointsize 0.5 dashtype int(word(dashes, i)) linecolor rgb int(word(colours, i)) \
  title word(titles, i)
