package actions

import (
	"strings"
	"time"

	"imdesk/imclient"
)

// Value is a state of a target in writing: the end of a mute or ban (read it with End), the two ends of a global mute
// (Ends), a role, "in" or "out" of a group, "on" or "off", a text, or what became of a message.
type Value struct {
	Text  string
	Known bool // the service told; if false Text is ""
}

// What Value.Text says besides times and texts.
const (
	TextForever  = "forever"
	TextIn       = "in"
	TextOut      = "out"
	TextOn       = "on"
	TextOff      = "off"
	TextSaid     = "said"
	TextRecalled = "recalled"
	TextGone     = "gone" // a hole in the history: expired, deleted or recalled
	TextOffline  = "offline"
	TextOnline   = "online"

	TextThere     = "there"   // an account, a list of friends
	TextMissing   = "missing" // there is none
	TextFriends   = "friends" // on both lists of friends
	TextHas       = "has"     // on the user's list alone
	TextHad       = "had"     // on the other's list alone
	TextStrangers = "strangers"
	TextAsked     = "asked" // the other is asked, and has yet to answer
	TextBlocked   = "blocked"
	TextUnblocked = "unblocked"
	TextListed    = "listed" // in a list of friends, on a list of conversations
	TextUnlisted  = "unlisted"
	TextHidden    = "hidden" // not in one user's view of a direct chat
)

func known(text string) Value { return Value{Text: text, Known: true} }

// endValue writes the end of a mute or ban: "" if there is none.
func endValue(t time.Time) Value { return known(endText(t)) }

func endText(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case !t.Before(imclient.Forever):
		return TextForever
	}
	return t.UTC().Format(time.RFC3339)
}

// End is the time that the value says: zero for none, imclient.Forever for one without end.
func (v Value) End() time.Time { return parseEnd(v.Text) }

func parseEnd(s string) time.Time {
	if s == TextForever {
		return imclient.Forever
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// endsValue writes both parts of a global mute; a part that is left as it is is unchanged.
func endsValue(direct, groups string) Value { return known("direct=" + direct + ";groups=" + groups) }

const unchanged = "-"

// parts reads what endsValue wrote.
func (v Value) parts() (direct, groups string, ok bool) {
	rest, isEnds := strings.CutPrefix(v.Text, "direct=")
	direct, groups, both := strings.Cut(rest, ";groups=")
	return direct, groups, isEnds && both
}

// over is the value with before's parts where it leaves them unchanged.
func (v Value) over(before Value) Value {
	direct, groups, ends := v.parts()
	wasDirect, wasGroups, too := before.parts()
	if !ends || !too {
		return v
	}
	if direct == unchanged {
		direct = wasDirect
	}
	if groups == unchanged {
		groups = wasGroups
	}
	return endsValue(direct, groups)
}

// Ends are the ends of a global mute for direct chats and for groups. In what is wanted, a part that stays as it is
// reads as zero.
func (v Value) Ends() (direct, groups time.Time) {
	d, g, _ := v.parts()
	return parseEnd(d), parseEnd(g)
}

// Touches reports which parts of a global mute a wanted value is about.
func (v Value) Touches() (direct, groups bool) {
	d, g, _ := v.parts()
	return d != unchanged, g != unchanged
}

// The service counts in its own clock and in whole seconds. A clock that is wrong by minutes must not make a mute that
// is in force look as if it were not, so ends may differ by this much from what was asked.
const endTolerance = 5 * time.Minute

// endMatches reports whether an end that the service tells is the one that was asked for.
func endMatches(want, got string, now time.Time) bool {
	w, g := parseEnd(want), parseEnd(got)
	switch {
	case w.IsZero():
		return g.IsZero() || !g.After(now)
	case g.IsZero():
		return !w.After(now) // it ended meanwhile
	case w.Equal(imclient.Forever):
		// Some services count "for ever" in seconds; nobody asks for ten years otherwise (see maxSpan).
		return g.After(now.Add(maxSpan - endTolerance))
	}
	return g.Sub(w).Abs() <= endTolerance
}

// rounding is by how much an end that does not change may seem to move: some services tell what remains, in whole seconds.
const rounding = 2 * time.Second

// sameEnd reports whether two ends are one.
func sameEnd(a, b string) bool {
	ta, tb := parseEnd(a), parseEnd(b)
	return a == b || !ta.IsZero() && !tb.IsZero() && ta.Sub(tb).Abs() <= rounding
}

// same reports whether two known values are one, whatever they are about.
func same(a, b Value) bool {
	if !a.Known || !b.Known {
		return false
	}
	aDirect, aGroups, aEnds := a.parts()
	bDirect, bGroups, bEnds := b.parts()
	if aEnds && bEnds {
		return sameEnd(aDirect, bDirect) && sameEnd(aGroups, bGroups)
	}
	return sameEnd(a.Text, b.Text)
}
