#!/bin/sh
# "Train" at rate $1 for $2 epochs: the score is best at 0.01. No Python here.
rate=$1
epochs=$2
epoch=1
while [ "$epoch" -le "$epochs" ]; do
    awk -v rate="$rate" -v epoch="$epoch" 'BEGIN {
        distance = log(rate / 0.01) / log(10)
        print "score: " distance * distance + 1 / epoch
    }'
    epoch=$((epoch + 1))
done
