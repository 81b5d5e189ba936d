// Package handlers is the console: routes, parsing, views and rendering.
package handlers

import (
	"context"
	"strconv"
	"strings"

	"imdesk/imclient"
	"imdesk/web/i18n"
)

// The texts of capabilities are read by the keys that Capabilities.Why returns, and by the names of types.
//
//i18n:uses cap.*

// vendorText says in the reader's language what a service's error code means and what to do next. It gives the reason
// only, not the outcome. A code that nobody documented is explained by the part of the service that it comes from.
// Both are "" if the service gave no code.
//
//i18n:uses tencent.code.*
//i18n:uses volcengine.code.*
func vendorText(ctx context.Context, vendor imclient.Vendor, code string) (what, next string) {
	if code == "" {
		return "", ""
	}
	for _, name := range []string{code, codeFamily(vendor, code), "unknown"} {
		key := string(vendor) + ".code." + name
		if name != "" && i18n.Has(ctx, key+".what") {
			return i18n.T(ctx, key+".what"), i18n.T(ctx, key+".next")
		}
	}
	return "", ""
}

// codeFamily names the texts for a code that has none of its own; "" if there are none either.
func codeFamily(vendor imclient.Vendor, code string) string {
	switch vendor {
	case imclient.Tencent:
		return tencentFamily(code)
	case imclient.Volcengine:
		return volcengineFamily(code)
	}
	return ""
}

// tencentFamily goes by the ranges in which the service numbers its codes, and those that it leaves to an app's own
// callbacks.
//
// Source: Tencent Cloud Chat, "Error Codes" (doc 34348).
func tencentFamily(code string) string {
	n, err := strconv.Atoi(code)
	if err != nil {
		return ""
	}
	for _, f := range []struct {
		name     string
		from, to int
	}{
		{"custom", 10100, 10200},
		{"custom", 38000, 39000},
		{"custom", 120001, 130000},
		{"group", 10000, 11999},
		{"group", 110000, 110999},
		{"message", 20000, 23999},
		{"message", 90000, 93999},
		{"friend", 30000, 32999},
		{"profile", 40000, 40999},
		{"contact", 50000, 51999},
		{"gateway", 60000, 60999},
		{"account", 70000, 72999},
		{"check", 80000, 80999},
	} {
		if n >= f.from && n <= f.to {
			return f.name
		}
	}
	return ""
}

// volcengineFamily knows what its names have in common: the service writes "FlowLimitExceeded" and
// "FlowLimitExceeded.QPSOverLimit" for the same thing.
//
// Source: Volcengine RTC, "Error codes" (doc 70426).
func volcengineFamily(code string) string {
	if strings.Contains(code, "FlowLimitExceeded") {
		return "FlowLimitExceeded"
	}
	base, _, _ := strings.Cut(code, ".")
	return base
}
