#!/bin/sh
# Has the vendors' own and other public clients use the emulator. Versions are pinned by go.sum and package-lock.json.
set -eu
cd "$(dirname "$0")/../conformance"
(
	cd tencent
	if ! cmp -s js/package-lock.json js/node_modules/.conformance-lock; then
		npm ci --prefix js --no-audit --no-fund --ignore-scripts --loglevel=error
		cp js/package-lock.json js/node_modules/.conformance-lock
	fi
	go vet ./...
	go test -count=1 -timeout 3m ./...
)
cd volcengine
go vet ./...
go test -count=1 -timeout 3m ./...
