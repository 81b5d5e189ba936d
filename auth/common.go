package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// common tells whether a password of twelve characters or more is one that is tried first. Lists of leaked passwords
// that long are made of few things: a well-known word with digits behind it, words repeated, runs on the keyboard.
// Looking for these takes less than a list, and finds the ones no list has.
func common(password string) bool {
	s := plain(password)
	return few(s) || onlyRuns(s) || madeFrom(password, words...)
}

// words are what common passwords are made of, without signs and in lower case: see plain.
var words = []string{
	"password", "passwort", "passwd", "pass", "secret", "letmein", "welcome", "login", "changeme", "change", "default",
	"administrator", "admin", "root", "user", "guest", "test", "master", "manager", "moderator", "support", "operator", "owner",
	"qwerty", "qwertz", "azerty", "asdf", "zxcv", "iloveyou", "love", "princess", "sunshine", "monkey", "dragon", "football",
	"baseball", "superman", "batman", "starwars", "pokemon", "michael", "jordan", "shadow", "whatever", "trustno", "freedom",
	"hello", "summer", "winter", "spring", "autumn", "correcthorsebatterystaple", "woaini", "mima", "company", "my", "the", "is", "me", "you",
}

// runs are rows of keys and of letters; any four or more of them in a row, in either direction, make no password.
var runs = []string{
	"01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "147258369", "159753",
}

// plain is a password in lower case and without signs.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// leet are the digits and signs that are written for letters.
var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// few tells whether s has fewer than five different characters, or is a short piece repeated.
func few(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	if len(seen) < 5 {
		return true
	}
	for n := 1; n <= len(s)/3; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return true
		}
	}
	return false
}

// onlyRuns tells whether nothing, or next to it, is left of s without runs.
func onlyRuns(s string) bool {
	rest := 0
	for len(s) > 0 {
		if n := leadingRun(s); n >= 4 {
			s = s[n:]
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		s, rest = s[size:], rest+1
	}
	return rest < 4
}

// leadingRun is how many bytes of s, from its start, are a piece of one of the runs, forwards or backwards.
func leadingRun(s string) int {
	best := 0
	for _, run := range runs {
		for _, row := range []string{run, reverse(run)} {
			n := best
			for n < len(s) && n < len(row) && strings.Contains(row, s[:n+1]) {
				n++
			}
			best = n
		}
	}
	return best
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// madeFrom tells whether a password is nothing but the given words, with digits and signs between them.
func madeFrom(password string, words ...string) bool {
	lower := strings.ToLower(password)
	// Digits at the ends are digits, not letters in disguise.
	for _, s := range []string{lower, leet.Replace(strings.Trim(lower, "0123456789!?.,:;#*_-+= "))} {
		rest := letters(s)
		for _, w := range words {
			// Longer words stand before the shorter ones they hold.
			if w = letters(strings.ToLower(w)); w != "" {
				rest = strings.ReplaceAll(rest, w, "")
			}
		}
		if utf8.RuneCountInString(rest) < 3 && rest != letters(s) {
			return true
		}
	}
	return false
}

// letters is s without anything else.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}
