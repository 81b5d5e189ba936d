#!/bin/sh
# Installs what the tests need and this machine lacks: a browser, PostgreSQL, fonts for both languages, node for oracles.
set -eu
need=""
command -v chromium-headless-shell >/dev/null 2>&1 || need="$need chromium-headless-shell" # chromium without windows
[ -n "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] || need="$need postgresql"
fc-list 2>/dev/null | grep -qi 'noto.*cjk' || need="$need fonts-noto-cjk"
fc-list 2>/dev/null | grep -qi 'noto color emoji' || need="$need fonts-noto-color-emoji"
fc-list 2>/dev/null | grep -qi 'dejavu' || need="$need fonts-dejavu-core"
command -v gcc >/dev/null 2>&1 || need="$need gcc libc6-dev" # the race detector links with it
command -v npm >/dev/null 2>&1 || need="$need npm"
[ -n "$need" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "The tests need:$need. Install them and run make test again." >&2
	exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo apt-get install -q -y --no-install-recommends $need
