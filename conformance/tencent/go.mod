module imdesk/conformance/tencent

go 1.26

require github.com/dobyte/tencent-im v0.1.1

require github.com/dobyte/http v0.0.2
