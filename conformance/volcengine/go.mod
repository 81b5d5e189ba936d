module imdesk/conformance/volcengine

go 1.26.0

require github.com/volcengine/volc-sdk-golang v1.0.253

require golang.org/x/time v0.16.0 // indirect

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	imdesk v0.0.0-00010101000000-000000000000
)

replace imdesk => ../..
