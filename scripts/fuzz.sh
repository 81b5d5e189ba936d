#!/bin/sh
# Runs every fuzz target of the module for the time given, 60 s each by default, one after the other.
set -eu
for file in $(grep -rl --include='*_test.go' '^func Fuzz' .); do
	dir=$(dirname "$file")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "== $dir $target"
		go test -tags nomsgpack -run '^$' -fuzz "^$target\$" -fuzztime "${1:-60s}" "$dir"
	done
done
