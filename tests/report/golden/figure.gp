# Draws a figure of attnbench: gnuplot -d THIS_FILE
set encoding utf8
set terminal pdfcairo noenhanced color size 3.300in,2.536in font 'Helvetica,8' fontscale 0.75 linewidth 1.5
set output "./time.pdf"
set border 3 linewidth 0.6
set tics nomirror scale 0.6,0.3
set grid xtics ytics linecolor rgb '#dddddd' linewidth 0.4, linecolor rgb '#eeeeee' linewidth 0.2
set key outside center top horizontal Left reverse noenhanced samplen 2.6 spacing 1.1 maxcols 2 maxrows 1
set linetype 1 linecolor rgb '#000000' pointtype 7 dashtype solid linewidth 1.2 pointsize 0.45
set linetype 2 linecolor rgb '#e69f00' pointtype 9 dashtype (8,4) linewidth 1.2 pointsize 0.45
set logscale x
set xrange [222.86:4705.1]
set xtics enhanced ("256" 256, "512" 512, "1024" 1024, "2048" 2048, "4096" 4096)
set xlabel "sequence length n" noenhanced
set logscale y
set yrange [0.00041464:0.14712]
set ytics enhanced ("" 5e-04 1, "" 6e-04 1, "" 7e-04 1, "" 8e-04 1, "" 9e-04 1, "1 ms" 0.001, "" 0.002 1, "" 0.003 1, "" 0.004 1, "" 0.005 1, "" 0.006 1, "" 0.007 1, "" 0.008 1, "" 0.009 1, "10 ms" 0.01, "" 0.02 1, "" 0.03 1, "" 0.04 1, "" 0.05 1, "" 0.06 1, "" 0.07 1, "" 0.08 1, "" 0.09 1, "100 ms" 0.1)
set ylabel "median time per call" noenhanced
plot \
  "./time.dat" index 0 using 1:3:(0):($4-$3) with vectors heads size graph 0.008,90 nofilled linetype 1 dashtype solid linewidth 0.6 notitle, \
  "./time.dat" index 0 using 1:2 with linespoints linetype 1 title "full" noenhanced, \
  "./time.dat" index 1 using 1:3:(0):($4-$3) with vectors heads size graph 0.008,90 nofilled linetype 2 dashtype solid linewidth 0.6 notitle, \
  "./time.dat" index 1 using 1:2 with linespoints linetype 2 title "window 64" noenhanced
