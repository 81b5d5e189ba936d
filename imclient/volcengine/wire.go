package volcengine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ID is a 64-bit integer of the wire as its digits: an id, or a position in a conversation. "" is none. It is never a
// float, which would change its last digits.
type ID string

// MarshalJSON writes a number; none is 0.
func (id ID) MarshalJSON() ([]byte, error) {
	if id == "" {
		return []byte("0"), nil
	}
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%.40q is no 64-bit integer", string(id))
	}
	return strconv.AppendInt(nil, n, 10), nil
}

// UnmarshalJSON takes an integer, or the same in a text. null leaves it as it is.
func (id *ID) UnmarshalJSON(b []byte) error {
	var n Int
	if len(b) == 0 || bytes.Equal(b, []byte("null")) {
		return nil
	}
	if len(b) >= 2 && b[0] == '"' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0 {
		*id = ""
		return nil
	}
	if err := n.UnmarshalJSON(b); err != nil {
		return err
	}
	*id = ID(strconv.FormatInt(int64(n), 10))
	return nil
}

// or returns the id, or its twin of an app whose users have texts for ids.
func (id ID) or(twin string) string {
	if (id == "" || id == "0") && twin != "" {
		return twin
	}
	if id == "0" {
		return ""
	}
	return string(id)
}

// Int is an integer in an answer. A text of digits is taken, too.
type Int int64

// UnmarshalJSON takes an integer, or the same in a text. null leaves it as it is.
func (i *Int) UnmarshalJSON(b []byte) error {
	s := string(b)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	switch s {
	case "null":
		return nil
	case "":
		*i = 0
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("not an integer of 64 bits: %.40s", s)
	}
	*i = Int(n)
	return nil
}

// Str is a text in an answer. A number becomes its digits, null the empty text, anything else its JSON.
type Str string

// UnmarshalJSON never fails on valid JSON.
func (s *Str) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || bytes.Equal(b, []byte("null")):
		return nil
	case b[0] == '"':
		var t string
		if err := json.Unmarshal(b, &t); err != nil {
			return err
		}
		*s = Str(t)
	default:
		*s = Str(b)
	}
	return nil
}

// Ext is data of the app's own. Keys that begin with s: are the service's.
type Ext map[string]string

// UnmarshalJSON takes an object, whatever its values are, or the same in a text.
func (e *Ext) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		if b = []byte(text); len(bytes.TrimSpace(b)) == 0 {
			return nil
		}
	}
	var m map[string]Str
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	if m == nil {
		return nil
	}
	*e = make(Ext, len(m))
	for k, v := range m {
		(*e)[k] = string(v)
	}
	return nil
}

const serviceKey = "s:"

// untilForever is the end in seconds of a mute or ban without end: that of imclient.Forever. The service documents no
// value for it.
const untilForever = 253402214400

// forever is the end from which on a mute has none: nobody mutes for centuries and means it.
const forever = 7258118400 // 2200-01-01

// seconds turns seconds since 1970 into a time; 0 and below is the zero time.
func seconds(n Int) time.Time {
	if n <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC()
}

// millis turns milliseconds since 1970 into a time; 0 and below is the zero time.
func millis(n Int) time.Time {
	if n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n)).UTC()
}

// stamp turns a time whose unit the documents leave open into one: seconds, milliseconds or microseconds, by its size.
func stamp(n Int) time.Time {
	switch {
	case n >= 1e14:
		return time.UnixMicro(int64(n)).UTC()
	case n >= 1e11:
		return millis(n)
	}
	return seconds(n)
}

// wholeSeconds rounds a duration up.
func wholeSeconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// ptr is for optional fields whose zero value must be sent.
func ptr[T any](v T) *T { return &v }

// ids turns our ids into the wire's.
func ids(list []string) []ID {
	out := make([]ID, len(list))
	for i, s := range list {
		out[i] = ID(s)
	}
	return out
}

// validID reports whether a text is the id of something: the digits of a positive 64-bit integer as they are written.
func validID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// maxTextID is how long in bytes the id of a user may be that is a text. The vendor documents no limit.
const maxTextID = 128

// validUser is validID for a user of the app, which may have texts for ids.
func (a *API) validUser(s string) bool {
	return validID(s) || a.cfg.TextIDs && s != "" && len(s) <= maxTextID && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
