#!/bin/sh
# Fails when generated code is not what the templates say, when a file is not formatted, or when vet has something to say.
set -eu
before=$(find . -name '*_templ.go' -not -path './.cache/*' -exec sha256sum {} + | sort)
# Built as everything else is, for the flags in GOFLAGS: go tool knows none of them.
go run github.com/a-h/templ/cmd/templ generate -log-level error
after=$(find . -name '*_templ.go' -not -path './.cache/*' -exec sha256sum {} + | sort)
if [ "$before" != "$after" ]; then
	echo "The templates and their generated code differed; commit what 'make generate' makes." >&2
	exit 1
fi
unformatted=$(find . -name '*.go' -not -name '*_templ.go' -not -path './.cache/*' -exec gofmt -l {} +)
if [ -n "$unformatted" ]; then
	echo "gofmt wants:" >&2
	echo "$unformatted" >&2
	exit 1
fi
go vet -tags nomsgpack ./...
