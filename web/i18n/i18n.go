// Package i18n holds what the console says, in English and Chinese, and how it writes numbers,
// sizes, durations and times.
//
// Texts are flat TOML files, one a language and area: en/groups.toml and zh/groups.toml hold the keys
// that begin with "groups.". A text may have placeholders, {name}. A text that depends on a number has
// the forms key.one and key.other (Chinese needs key.other only) and is read by N, which also fills {n}.
//
//	i18n.T(ctx, "groups.title")
//	i18n.T(ctx, "groups.dismissed", "name", g.Name)
//	i18n.N(ctx, "groups.members", g.Members)
//
// Keys are written out where they are used, so that they can be searched for. Where a key has to be
// built, a comment declares what it may be:
//
//	//i18n:uses groups.type.*
//	i18n.T(ctx, "groups.type."+kind)
//
// A test reads all sources and fails for a key that does not exist and for one that nobody uses.
package i18n

import (
	"context"
	"sync"
	"time"

	"golang.org/x/text/language"
)

// Lang is a language the console speaks.
type Lang string

const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Languages are all of them, the default first.
func Languages() []Lang { return []Lang{English, Chinese} }

// Tag is the value for the lang attribute of HTML.
func (l Lang) Tag() string {
	if l == Chinese {
		return "zh-CN"
	}
	return "en"
}

// Name is the language's name in itself.
func (l Lang) Name() string {
	if l == Chinese {
		return "简体中文"
	}
	return "English"
}

// Parse reads "en" or "zh" as kept in settings and cookies.
func Parse(s string) (Lang, bool) {
	for _, l := range Languages() {
		if s == string(l) {
			return l, true
		}
	}
	return "", false
}

var matcher = sync.OnceValue(func() language.Matcher {
	return language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})
})

// Choose picks the language: the operator's setting, else the cookie, else the browser's
// Accept-Language, else English. Values it does not know count as not set.
func Choose(setting, cookie, acceptLanguage string) Lang {
	if l, ok := Parse(setting); ok {
		return l
	}
	if l, ok := Parse(cookie); ok {
		return l
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return English
	}
	_, i, confidence := matcher().Match(wanted...)
	if confidence == language.No {
		return English
	}
	return Languages()[i]
}

// Locale is how one reader reads: language, time zone and the present moment.
type Locale struct {
	Lang Lang
	Zone *time.Location   // nil: the server's
	Now  func() time.Time // nil: time.Now
}

type localeKey struct{}

// With returns a context whose texts, numbers and times are written for l.
func With(ctx context.Context, l Locale) context.Context {
	return context.WithValue(ctx, localeKey{}, l.filled())
}

// From is the locale of ctx; English and the server's zone if none was set.
func From(ctx context.Context) Locale {
	l, _ := ctx.Value(localeKey{}).(Locale)
	return l.filled()
}

func (l Locale) filled() Locale {
	if l.Lang == "" {
		l.Lang = English
	}
	if l.Zone == nil {
		l.Zone = time.Local
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	return l
}
