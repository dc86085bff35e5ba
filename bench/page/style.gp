# SPDX-License-Identifier: BSD-2-Clause
# What all plots have in common.  Ink is dark grey, grids are faint, one colour is one subject in
# all of them: weir blue, the floor and nothing grey, peers warm.
set terminal svg size width, height dynamic background rgb '#ffffff' \
    font 'Helvetica,Arial,sans-serif' fontscale 1.0 linewidth 1.0 rounded
set encoding utf8
set output file
set border 3 linecolor rgb '#8a929a' linewidth 1
set tics nomirror scale 0.5 textcolor rgb '#3a4148'
set grid ytics linetype 1 linecolor rgb '#e4e7ea' linewidth 1
set key noenhanced textcolor rgb '#3a4148' samplen 1.6 spacing 1.25
set title textcolor rgb '#1d2226' font ',15'
set xlabel textcolor rgb '#3a4148'
set ylabel textcolor rgb '#3a4148'
set style fill solid 1.0 noborder
