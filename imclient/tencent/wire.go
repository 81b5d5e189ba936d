package tencent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Int is an integer in an answer. Servers write it as a number, as a string of digits, as true or false, or as null.
type Int int64

// UnmarshalJSON takes any of the forms that servers use. What is not an integer at all is an error.
func (i *Int) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && len(b) < 19 { // what nearly all are: digits that cannot overflow
		n := Int(0)
		for _, c := range b {
			if c < '0' || c > '9' {
				n = -1
				break
			}
			n = n*10 + Int(c-'0')
		}
		if n >= 0 {
			*i = n
			return nil
		}
	}
	return i.parse(string(b))
}

func (i *Int) parse(s string) error {
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' {
		s = strings.TrimSpace(s[1 : n-1])
	}
	switch s {
	case "null":
		return nil
	case "", "false":
		*i = 0
		return nil
	case "true":
		*i = 1
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
			return fmt.Errorf("not an integer of 64 bits: %.40s", s)
		}
		n = int64(f)
	}
	*i = Int(n)
	return nil
}

// Float is a number in an answer, or the same in a string.
type Float float64

// UnmarshalJSON takes a number, a string with a number in it, or null.
func (f *Float) UnmarshalJSON(b []byte) error {
	s := string(b)
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' {
		s = strings.TrimSpace(s[1 : n-1])
	}
	if s == "" || s == "null" {
		return nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("not a number: %.40s", s)
	}
	*f = Float(n)
	return nil
}

// Str is a text in an answer. A number becomes its digits, null the empty text, anything else its JSON.
type Str string

// UnmarshalJSON never fails on valid JSON.
func (s *Str) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || bytes.Equal(b, []byte("null")):
		return nil
	case b[0] == '"' && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b):
		*s = Str(b[1 : len(b)-1])
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

// Cursor is an opaque position that the wire carries as a number which may exceed 32 bits. "" is the first page, and,
// in an answer, that there is no further one.
type Cursor string

// MarshalJSON writes digits as a number, the first page as 0.
func (c Cursor) MarshalJSON() ([]byte, error) {
	if c == "" {
		return []byte("0"), nil
	}
	if len(c) < 40 && strings.Trim(string(c), "0123456789") == "" && (c[0] != '0' || len(c) == 1) {
		return []byte(c), nil
	}
	return json.Marshal(string(c))
}

// UnmarshalJSON takes a number or a string; 0, "0", "" and null all mean the end.
func (c *Cursor) UnmarshalJSON(b []byte) error {
	var s Str
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	if s == "0" {
		s = ""
	}
	*c = Cursor(s)
	return nil
}

// U32Forever is the number of seconds that the service takes for "without end".
const U32Forever = math.MaxUint32

// seconds rounds d up to whole seconds as the wire wants them. Below zero, and above what 32 bits hold, is for ever.
func seconds(d time.Duration) uint32 {
	if d < 0 {
		return U32Forever
	}
	s := int64(d / time.Second)
	if d%time.Second != 0 {
		s++
	}
	return uint32(min(s, U32Forever))
}

// unix turns seconds into a time; 0 and below is the zero time.
func unix(s Int) time.Time {
	if s <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// ptr is for optional fields whose zero value must be sent.
func ptr[T any](v T) *T { return &v }

// flag is the 0 and 1 of the wire.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
