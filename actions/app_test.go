package actions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
)

const (
	cmdAddLocal  = "im_msg_audit_mgr/add_local_audit_keywords"
	cmdMarkLive  = "group_open_avchatroom_http_svc/modify_user_info"
	cmdLiveSend  = "group_open_http_svc/send_broadcast_msg"
	cmdPush      = "all_member_push/im_push"
	cmdTags      = "all_member_push/im_add_tag"
	libraryBlock = "block"
	librarySwaps = "replace"
)

// library is the first one of the cloud.
func (r *rig) library() string {
	r.Helper()
	page, err := r.app.IM.Keywords.Libraries(r.Context(), "", 0)
	r.ok(err)
	for _, l := range page.Items {
		if l.Kind == imclient.KeywordsCloud {
			return l.ID
		}
	}
	r.Fatal("no library of the cloud")
	return ""
}

// words are those of a library, each as wordValue writes what it does.
func (r *rig) words(library string) map[string]string {
	r.Helper()
	page, err := r.app.IM.Keywords.List(r.Context(), library, "", "", 100)
	r.ok(err)
	found := map[string]string{}
	for _, k := range page.Items {
		found[k.Text] = wordValue(k)
	}
	return found
}

func (r *rig) hasWords(library string, want map[string]string) {
	r.Helper()
	got := r.words(library)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Errorf("words of %s: %v, want %v", library, got, want)
	}
}

func TestKeywordsOfTheCloud(t *testing.T) {
	r := newRig(t)
	library := r.library()
	var many []string
	for i := range 25 { // above the cap of one call
		many = append(many, fmt.Sprintf("word %02d", i))
	}
	first := r.do(AddKeywords{Library: library, Words: many, Label: "Ad"})
	for _, i := range first.Items {
		if i.State != StateApplied || !i.Verified {
			t.Errorf("%s: %s, verified %v", i.ID, i.State, i.Verified)
		}
	}
	again := r.do(AddKeywords{Library: library, Words: []string{"word 07", "fresh", "fresh"}})
	r.states(again, StateSkipped, StateApplied)
	removed := r.do(RemoveKeywords{Library: library, Words: []string{"word 03", "never there"}})
	r.states(removed, StateApplied, StateSkipped)
	if n := len(r.words(library)); n != 25 {
		t.Errorf("%d words", n)
	}
	r.states(r.undo(removed.ID), StateApplied)
	if r.words(library)["word 03"] == "" {
		t.Error("the word is not back")
	}
	r.undo(first.ID)
	r.hasWords(library, map[string]string{"fresh": wordPlain})
}

func TestKeywordsInTheApp(t *testing.T) {
	r := newRig(t)
	r.do(AddKeywords{Library: librarySwaps, Words: []string{"darn"}, Replacement: "****"})
	r.do(AddKeywords{Library: libraryBlock, Words: []string{`(?i)buy\s+now`}, Pattern: true, Replacement: "left out"})
	r.hasWords(librarySwaps, map[string]string{"darn": "word→****"})
	r.hasWords(libraryBlock, map[string]string{`(?i)buy\s+now`: "pattern"})

	t.Run("a word of the other list is left where it is", func(t *testing.T) {
		if got := r.do(AddKeywords{Library: libraryBlock, Words: []string{"darn", "heck"}}); got.Items[0].Skip != SkipOtherList || got.Items[1].State != StateApplied {
			t.Errorf("%+v", got.Items)
		}
		r.hasWords(librarySwaps, map[string]string{"darn": "word→****"})
	})
	t.Run("another replacement, and the first one back", func(t *testing.T) {
		changed := r.do(AddKeywords{Library: librarySwaps, Words: []string{"darn"}, Replacement: "[…]"})
		r.hasWords(librarySwaps, map[string]string{"darn": "word→[…]"})
		r.undo(changed.ID)
		r.hasWords(librarySwaps, map[string]string{"darn": "word→****"})
	})
	t.Run("a pattern comes back as one", func(t *testing.T) {
		gone := r.do(RemoveKeywords{Library: libraryBlock, Words: []string{`(?i)buy\s+now`}})
		r.hasWords(libraryBlock, map[string]string{"heck": wordPlain})
		r.undo(gone.ID)
		r.hasWords(libraryBlock, map[string]string{"heck": wordPlain, `(?i)buy\s+now`: wordPattern})
	})
	t.Run("of patterns one is none", func(t *testing.T) {
		r.states(r.do(AddKeywords{Library: libraryBlock, Words: []string{"fine.*", "("}, Pattern: true}), StateApplied, StateRefused)
		if r.words(libraryBlock)["fine.*"] == "" {
			t.Error("the good one is not in")
		}
	})
	t.Run("changed since by somebody else", func(t *testing.T) {
		added := r.do(AddKeywords{Library: librarySwaps, Words: []string{"gosh"}, Replacement: "*"})
		r.do(AddKeywords{Library: librarySwaps, Words: []string{"gosh"}, Replacement: "**"})
		_, err := r.s.Undo(t.Context(), r.actor, r.app, added.ID)
		if cannot := wantError[*CannotUndo](t, err); cannot.Reason != UndoChanged {
			t.Errorf("reason %s", cannot.Reason)
		}
	})
	t.Run("no such library", func(t *testing.T) {
		_, err := r.s.Do(t.Context(), r.actor, r.app, AddKeywords{Library: "cloud:none", Words: []string{"x"}})
		if !errors.Is(err, imclient.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no answer, and it was done", func(t *testing.T) {
		defer r.fault(emulator.Fault{Command: cmdAddLocal, DropAfter: true, Times: 1})()
		r.states(r.do(AddKeywords{Library: libraryBlock, Words: []string{"lost"}}), StateApplied)
	})
	t.Run("no answer, and it was not", func(t *testing.T) {
		defer r.fault(emulator.Fault{Command: cmdAddLocal, Status: http.StatusBadGateway})()
		r.states(r.do(AddKeywords{Library: libraryBlock, Words: []string{"never"}}), StateNotApplied)
	})
}

// file makes an hour of messages and returns its file.
func (r *rig) file(kind imclient.HistoryKind, g crowd) (imclient.HistoryFile, string) {
	r.Helper()
	hour := r.now().Truncate(time.Hour)
	for i := range 3 {
		_, err := r.app.IM.Messages.Send(r.Context(), imclient.Conversation{Group: g.id}, imclient.Draft{From: g.members[0], Body: []imclient.Element{imclient.Text{Text: fmt.Sprint("m", i)}}})
		r.ok(err)
	}
	r.ahead.Add(int64(2 * time.Hour))
	list, err := r.app.IM.HistoryFiles.List(r.Context(), kind, hour)
	r.ok(err)
	return list[0], FileID(list, 0)
}

func TestReadHistoryFile(t *testing.T) {
	r := newRig(t)
	file, id := r.file(imclient.HistoryGroups, r.group("Public", 1))
	if id != file.PackedMD5 || id == "" {
		t.Errorf("the file is called %q", id)
	}
	ask := ReadHistoryFile{Common: because("a report of fraud"), Kind: imclient.HistoryGroups, Hour: file.Hour, File: id}
	got := r.do(ask)
	r.states(got, StateApplied)
	if got.Items[0].Effect != EffectFileRead || got.UndoText != UndoImpossible || strings.Contains(fmt.Sprint(got), "http") {
		t.Errorf("%+v", got)
	}
	e, err := r.store.Audit.Get(t.Context(), got.ID)
	r.ok(err)
	if d, err := ReadDetail(e); err != nil || d.Options["file"] != id || d.Options["kind"] != "groups" || strings.Contains(string(e.Detail), "http") {
		t.Errorf("recorded: %s %v", e.Detail, err)
	}
	ask.Download = true
	if got := r.do(ask); got.Items[0].Effect != EffectFileDownloaded {
		t.Errorf("%+v", got.Items)
	}
	ask.File = "none"
	if _, err := r.s.Do(t.Context(), r.actor, r.app, ask); !errors.Is(err, imclient.ErrNotFound) {
		t.Errorf("a file that is none: %v", err)
	}
	ask.File, ask.Reason = id, " "
	_, err = r.s.Do(t.Context(), r.actor, r.app, ask)
	wantError[*Invalid](t, err)
	if got := FileID([]imclient.HistoryFile{{}, {MD5: "m"}, {PackedMD5: "p", MD5: "m"}}, 0); got != "0" {
		t.Errorf("a file without sums is called %q", got)
	}
}

// marksOf are which of two marks somebody in a live room has.
func (r *rig) marksOf(g crowd, user string) string {
	r.Helper()
	r.ahead.Add(int64(time.Minute))
	var found []string
	for _, mark := range []string{"2000", "2001"} {
		page, err := r.app.IM.Members.List(imclient.Fresh(r.Context()), imclient.MemberListOptions{Group: g.id, Type: "AVChatRoom", Mark: mark, Limit: 100})
		r.ok(err)
		if slices.ContainsFunc(page.Items, func(m imclient.Member) bool { return m.UserID == user }) {
			found = append(found, mark)
		}
	}
	return strings.Join(found, " ")
}

func TestMarkLive(t *testing.T) {
	r := newRig(t)
	g := r.group("AVChatRoom", 3)
	away := r.users(1)[0]
	r.do(MarkLive{Group: g.id, Users: g.members[:1], Marks: []string{"2001"}, On: true})
	r.ahead.Add(int64(time.Minute))
	got := r.do(MarkLive{Group: g.id, Users: append(g.members[:2:2], away), Marks: []string{"2000", "2001"}, On: true})
	r.states(got, StateApplied, StateApplied, StateRefused)
	if got := r.marksOf(g, g.members[0]) + "; " + r.marksOf(g, g.members[1]); got != "2000 2001; 2000 2001" {
		t.Errorf("marks: %s", got)
	}
	r.states(r.undo(got.ID), StateApplied, StateApplied)
	if got := r.marksOf(g, g.members[0]) + "; " + r.marksOf(g, g.members[1]); got != "2001; " {
		t.Errorf("marks after undo: %s", got)
	}
	r.states(r.do(MarkLive{Group: g.id, Users: g.members[:1], Marks: []string{"2001"}}), StateApplied)
	if got := r.marksOf(g, g.members[0]); got != "" {
		t.Errorf("marks taken away: %s", got)
	}
	plain := r.group("Public", 1)
	_, err := r.s.Do(t.Context(), r.actor, r.app, MarkLive{Group: plain.id, Users: plain.members, Marks: []string{"1000"}, On: true})
	wantError[*NotOffered](t, err)
	r.fault(emulator.Fault{Command: cmdMarkLive, DropAfter: true})
	r.states(r.do(MarkLive{Group: g.id, Users: g.members[:1], Marks: []string{"1000"}, On: true}), StateUnknown)
}

func TestLiveBroadcast(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", 1)
	say := LiveBroadcast{Common: Common{Reason: "fire drill", Key: "k1"}, Text: "The stream moves to 21:00."}
	got := r.do(say)
	r.states(got, StateApplied)
	if got.Items[0].Reason != ResultUnverified || got.UndoText != UndoImpossible {
		t.Errorf("%+v", got)
	}
	if again := r.do(say); !again.Repeated || again.ID != got.ID {
		t.Errorf("sent twice: %+v", again)
	}
	r.ahead.Add(int64(2 * time.Second))
	r.fault(emulator.Fault{Command: cmdLiveSend, ErrorCode: 10007})
	say.Key = "k2"
	r.states(r.do(say), StateRefused)
}

func TestBroadcast(t *testing.T) {
	r := newRig(t)
	users := r.users(2)
	r.ok(r.app.IM.Broadcasts.SetAttributeNames(t.Context(), []string{"city"}))
	got := r.do(Broadcast{Common: because("new terms"), Text: "Read them", Keep: time.Hour, Title: "Terms", Push: "They change", AllTag: []string{"vip"}})
	r.states(got, StateApplied)
	if got.Items[0].Effect != EffectBroadcastSome {
		t.Errorf("%+v", got.Items)
	}
	if e, err := r.store.Audit.Get(t.Context(), got.ID); err != nil || e.Outcome.VendorRequest == "" {
		t.Errorf("the service's id is not recorded: %+v %v", e.Outcome, err)
	}
	r.ahead.Add(int64(2 * time.Second))
	if p, err := r.s.Preview(t.Context(), r.actor, r.app, Broadcast{Text: "x"}); err != nil || p.Items[0].Effect != EffectBroadcast || p.UndoText != UndoImpossible {
		t.Errorf("to everybody: %+v %v", p, err)
	}
	_, err := r.s.Do(t.Context(), r.actor, r.app, Broadcast{Common: because("x"), Text: "x", AnyAttribute: map[string]string{"town": "sg"}})
	if bad := wantError[*Invalid](t, err); bad.Fields["attributes"].Key != "action.invalid.attribute" {
		t.Errorf("%v", bad)
	}
	r.states(r.do(Broadcast{Common: because("x"), Text: "x", AnyAttribute: map[string]string{"city": "sg"}}), StateApplied)
	r.ahead.Add(int64(2 * time.Second))
	r.fault(emulator.Fault{Command: cmdPush, DropAfter: true})
	r.states(r.do(Broadcast{Common: because("x"), Text: "x"}), StateUnknown)
	_ = users
}

func (r *rig) tagsOf(users ...string) string {
	r.Helper()
	list, err := r.app.IM.Broadcasts.Tags(r.Context(), users)
	r.ok(err)
	var out []string
	for _, u := range list {
		slices.Sort(u.Tags)
		out = append(out, strings.Join(u.Tags, " "))
	}
	return strings.Join(out, "; ")
}

func TestTagUsers(t *testing.T) {
	r := newRig(t)
	users := r.users(3)
	r.do(TagUsers{Users: users[:1], Tags: []string{"a"}, On: true})
	got := r.do(TagUsers{Users: append(users[:2:2], "nobody"), Tags: []string{"a", "b"}, On: true})
	r.states(got, StateApplied, StateApplied, StateSkipped)
	if got := r.tagsOf(users...); got != "a b; a b; " {
		t.Errorf("tags: %s", got)
	}
	r.states(r.do(TagUsers{Users: users, Tags: []string{"b"}}), StateApplied, StateApplied, StateSkipped)
	if _, err := r.s.Undo(t.Context(), r.actor, r.app, got.ID); wantError[*CannotUndo](t, err).Reason != UndoChanged {
		t.Errorf("undo of what was changed: %v", err)
	}
	more := r.do(TagUsers{Users: users[2:], Tags: []string{"c"}, On: true})
	r.states(r.undo(more.ID), StateApplied)
	if got := r.tagsOf(users...); got != "a; a; " {
		t.Errorf("tags after undo: %s", got)
	}
	r.fault(emulator.Fault{Command: cmdTags, Status: http.StatusBadGateway})
	r.states(r.do(TagUsers{Users: users[:1], Tags: []string{"z"}, On: true}), StateNotApplied)
}

// Whoever may not do a thing is told before anything is asked of the service.
func TestAppActionsForbidden(t *testing.T) {
	r := newRig(t)
	r.actor.Can = func(v Verb) bool { return v == VerbBulk }
	for _, a := range []Action{
		AddKeywords{Library: libraryBlock, Words: []string{"x"}},
		RemoveKeywords{Library: libraryBlock, Words: []string{"x"}},
		ReadHistoryFile{Common: because("x"), Kind: imclient.HistoryGroups, Hour: r.now().Add(-time.Hour), File: "x"},
		MarkLive{Group: "g", Users: []string{"u"}, Marks: []string{"1000"}},
		LiveBroadcast{Common: because("x"), Text: "x"},
		Broadcast{Common: because("x"), Text: "x"},
		TagUsers{Users: []string{"u"}, Tags: []string{"t"}},
	} {
		_, err := r.s.Do(context.Background(), r.actor, r.app, a)
		if forbidden := wantError[*Forbidden](t, err); forbidden.Verb != a.Verb() {
			t.Errorf("%s: %v", a.Verb(), err)
		}
	}
}
