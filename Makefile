# The two commands of the project are `go run .` and `make test`. The rest is for those who work on it.
GO ?= go
TAGS := -tags nomsgpack
# What the tests are built with. Not watched for races are SQLite, which is C that was translated to Go, and pure computing: hashes,
# packing, parsing HTML. All of it costs half the time of all tests. (Nothing else may be left out: a package that is not watched and
# instantiates generic code of sync, such as sync.Map, lends that to the packages that are, and they see races where there are none.)
# In our packages nothing is inlined, and nowhere is kept what debuggers want: that halves the time of compiling. Whatever `make
# test` builds, the program and the tool templ too, is built so, that all of it is compiled once; and without the paths of a folder, so
# that another clone need not compile it again.
PLAIN := =-race=false -d=checkptr=0 -dwarf=false
WATCHED := -tags=nomsgpack -race -trimpath '-gcflags=all=-d=checkptr=0 -dwarf=false' -gcflags=std=-dwarf=false '-gcflags=imdesk/...=-l -dwarf=false' \
	'-gcflags=modernc.org/...$(PLAIN)' '-gcflags=golang.org/x/crypto/...$(PLAIN)' '-gcflags=golang.org/x/net/html/...$(PLAIN)' \
	'-gcflags=compress/...$(PLAIN)' '-ldflags=-s -w'
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: test crash proof conformance deps generate templ coverage-doc check build run bench report fuzz lint screenshots clean

test: export GOFLAGS := $(shell $(GO) env GOFLAGS) $(WATCHED)
test: export GOGC := 400
# Vet has run; what takes longest begins first.
test: deps check
	$(GO) test -vet=off -parallel 4 -count=1 -timeout 15m ./browsertest ./handlers ./...
	./scripts/conformance.sh

# Public clients in two languages use the emulator. They are a module of their own.
conformance:
	./scripts/conformance.sh

# Kills the program thirty times on each database while it mutes 5,000 and recalls 2,000. TestCrash does it in small with every test.
KILLS ?= 30
crash:
	$(GO) build $(TAGS) -o imdesk-crash .
	$(GO) test $(TAGS) -count=1 -timeout 30m -run TestCrash . -args -crash.full -crash.kills=$(KILLS) -crash.program=$(CURDIR)/imdesk-crash; s=$$?; rm -f imdesk-crash; exit $$s

# Has all real talk said twice, live, and holds the archive against it: in peace, and while the console is killed every few seconds
# and the database stops. TestArchiveProof does it in small with every test.
proof:
	$(GO) test $(TAGS) -count=1 -timeout 90m -v -run TestArchiveProof . -args -proof.full

# What a fresh machine lacks: browser, PostgreSQL, fonts.
deps:
	./scripts/deps.sh

generate: templ coverage-doc

templ:
	$(GO) tool templ generate -log-level error

# What imdesk has of what vendors document.
coverage-doc:
	$(GO) test $(TAGS) -count=1 -run TestDocument ./internal/coverage -update

# Generated code is what the templates say, everything is formatted, vet is silent.
check:
	./scripts/check.sh

build:
	CGO_ENABLED=0 $(GO) build $(TAGS) -buildvcs=false -trimpath -ldflags='-s -w -buildid= -X main.version=$(VERSION)' -o imdesk .

run:
	$(GO) run .

bench:
	$(GO) test $(TAGS) -run '^$$' -bench . -benchmem -timeout 30m ./...

# How good the rules to begin with are on all labelled texts of IMDESK_DATA.
report:
	$(GO) test $(TAGS) -count=1 -run 'TestReport|TestChatter' -v ./moderation -report

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 60s
fuzz:
	./scripts/fuzz.sh $(FUZZTIME)

# Three consoles on one database under load, one killed, for a minute.
replicas:
	GOFLAGS="$$($(GO) env GOFLAGS) $(WATCHED)" $(GO) test -count=1 -run '^TestReplicas$$' -v . -replicas-for 60s

# Linters live in a module file of their own.
lint:
	$(GO) tool -modfile=tools.mod staticcheck $(TAGS) ./...
	$(GO) tool -modfile=tools.mod golangci-lint run

screenshots:
	$(GO) test $(TAGS) -count=1 -run TestScreenshots ./browsertest -screenshots $(CURDIR)/docs/screens

clean:
	rm -f imdesk
