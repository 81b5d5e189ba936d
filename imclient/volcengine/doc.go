// Package volcengine is Volcengine IM, the instant messaging of Volcengine RTC: its server OpenAPI of version 2020-12-01,
// whole and typed, and imclient on top of it.
//
// API has a method for each action, with the fields of the vendor's documents. NewClient makes an imclient.Client of it.
// The vendor's ids are 64-bit integers; here they are texts of digits.
//
// Source: Volcengine RTC, "Calling the IM OpenAPI" (doc 412251), "Data structures" (doc 192711), and the pages of the
// actions, read 2026-07.
package volcengine
