module imdesk/conformance/volcengine

go 1.26

require github.com/volcengine/volc-sdk-golang v1.0.253

require (
	github.com/cenkalti/backoff/v4 v4.1.2 // indirect
	github.com/google/uuid v1.3.0 // indirect
	golang.org/x/net v0.12.0 // indirect
	golang.org/x/text v0.11.0 // indirect
)
