# SPDX-License-Identifier: BSD-2-Clause
# $rows: one block a number of limits: load in %, share measured in %, share of the model in %.
set title 'Newcomers that meet a full group'
set logscale y 10
set xrange [0:100]
set yrange [0.01:130]
set grid xtics ytics linetype 1 linecolor rgb '#e4e7ea' linewidth 1
set xlabel 'load: cells in use, % of the table'
set ylabel 'share of newcomers, %'
set ytics ('0.01' 0.01, '0.1' 0.1, '1' 1, '2' 2, '10' 10, '100' 100)
set key left top Left reverse
set arrow from 0, 2 to 100, 2 nohead linecolor rgb '#c0392b' linewidth 1 dashtype 2
set label 'bar: 2 % on the way to N' at 99, 1.65 right font ',10' textcolor rgb '#c0392b'
plot for [i=1:words(titles)] $rows index i - 1 using 1:3 with lines linewidth 1 dashtype 2 \
    linecolor rgb int(word(colours, i)) notitle, \
  for [i=1:words(titles)] $rows index i - 1 using 1:2 with linespoints linewidth 2 pointtype 7 \
    pointsize 0.45 linecolor rgb int(word(colours, i)) title word(titles, i), \
  for [i=1:words(at_n)] $rows index words(titles) + i - 1 using 1:2 with points pointtype 6 \
    pointsize 1.3 linewidth 2 linecolor rgb int(word(colours, i)) notitle, \
  keyentry with lines linewidth 1 dashtype 2 linecolor rgb '#5f6770' title 'Poisson model', \
  keyentry with points pointtype 6 pointsize 1.3 linewidth 2 linecolor rgb '#5f6770' title 'at N'
