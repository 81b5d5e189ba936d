package imtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
)

func (s *suite) accounts(t *testing.T) {
	t.Run("check", func(t *testing.T) {
		users := s.h.NewUsers(t, 130) // above the cap of one call
		missing, refused, err := s.c.Users.Check(ctx(t), append(slices.Clone(users), s.h.MissingUser))
		ok(t, err)
		same(t, "refused", len(refused), 0)
		sameOrder(t, "missing", missing, []string{s.h.MissingUser})
	})
	t.Run("import", s.accountImport)
	t.Run("edit", s.accountEdit)
	t.Run("delete", s.accountDelete)
}

func (s *suite) accountImport(t *testing.T) {
	var list []imclient.NewUser
	for i := range 130 { // above the cap of one call
		n := imclient.NewUser{ID: s.h.NewID()}
		if i%2 == 1 {
			n.Nick, n.AvatarURL = fmt.Sprintf("名 %d", i), "https://example.com/u.png"
		}
		list = append(list, n)
	}
	if !s.c.Caps.Can(imclient.VerbImportUsers, "") {
		_, err := s.c.Users.Import(ctx(t), list)
		is(t, err, imclient.ErrUnsupported)
		return
	}
	none(s.c.Users.Import(ctx(t), list))(t)
	none(s.c.Users.Import(ctx(t), list))(t) // again: they are there
	users, refused, err := s.c.Users.GetMany(fresh(t), ids(list, func(n imclient.NewUser) string { return n.ID }))
	none(refused, err)(t)
	for i, u := range users {
		same(t, "id", u.ID, list[i].ID)
		same(t, "nickname", u.Nick, list[i].Nick)
		same(t, "avatar", u.AvatarURL, list[i].AvatarURL)
	}
}

func (s *suite) accountEdit(t *testing.T) {
	user := s.h.NewUser(t, "Before")
	nick, avatar, signature, gender, birthday := "之后 🌊", "https://example.com/n.png", "hello", "female", "20190419"
	change := imclient.UserChange{Nick: &nick, AvatarURL: &avatar, Signature: &signature, Gender: &gender, Birthday: &birthday}
	if !s.c.Caps.Can(imclient.VerbEditUser, "") {
		is(t, s.c.Users.Edit(ctx(t), user, change), imclient.ErrUnsupported)
		return
	}
	ok(t, s.c.Users.Edit(ctx(t), user, imclient.UserChange{Nick: &nick}))
	ok(t, s.c.Users.Edit(ctx(t), user, imclient.UserChange{AvatarURL: &avatar}))
	got := must(s.c.Users.Get(fresh(t), user))(t)
	same(t, "nickname", got.Nick, nick)
	same(t, "avatar", got.AvatarURL, avatar)
	if err := s.c.Users.Edit(ctx(t), user, change); err != nil {
		cannot(t, err) // not every service has all fields
	} else {
		got = must(s.c.Users.Get(fresh(t), user))(t)
		same(t, "signature", got.Signature, signature)
		same(t, "gender", got.Gender, gender)
		same(t, "birthday", got.Birthday, birthday)
		none := ""
		ok(t, s.c.Users.Edit(ctx(t), user, imclient.UserChange{Gender: &none, Birthday: &none, Signature: &none}))
		got = must(s.c.Users.Get(fresh(t), user))(t)
		same(t, "gender, signature and birthday after removing them", got.Gender+got.Signature+got.Birthday, "")
		same(t, "nickname, still", got.Nick, nick)
	}
	is(t, s.c.Users.Edit(ctx(t), user, imclient.UserChange{}), imclient.ErrInvalid)
	is(t, s.c.Users.Edit(ctx(t), s.h.MissingUser, imclient.UserChange{Nick: &nick}), imclient.ErrNotFound)
	if limit := s.c.Caps.Limits.Nick; limit > 0 {
		long := strings.Repeat("x", limit+1)
		is(t, s.c.Users.Edit(ctx(t), user, imclient.UserChange{Nick: &long}), imclient.ErrInvalid)
	}
}

func (s *suite) accountDelete(t *testing.T) {
	users := s.h.NewUsers(t, 3)
	if !s.c.Caps.Can(imclient.VerbDeleteUsers, "") {
		_, err := s.c.Users.Delete(ctx(t), users[:1])
		is(t, err, imclient.ErrUnsupported)
		return
	}
	refused, err := s.c.Users.Delete(ctx(t), []string{users[0], s.h.MissingUser, users[1]})
	ok(t, err)
	names(t, refused, []string{s.h.MissingUser}, imclient.ErrNotFound)
	missing, _, err := s.c.Users.Check(ctx(t), users)
	ok(t, err)
	sameOrder(t, "missing", missing, users[:2])
	_, err = s.c.Users.Get(fresh(t), users[0])
	is(t, err, imclient.ErrNotFound)
}

func (s *suite) operations(t *testing.T) {
	if !s.c.Caps.Can(imclient.VerbOperations, "") {
		_, err := s.c.Operations.Days(ctx(t))
		is(t, err, imclient.ErrUnsupported)
		return
	}
	c := s.pair(t)
	s.h.Tell(t, c.User, Said{From: c.Peer, Text: "counted"})
	days := must(s.c.Operations.Days(ctx(t)))(t)
	if len(days) == 0 || len(days) > 30 {
		t.Fatalf("%d days, want 1 to 30", len(days))
	}
	for i, d := range days {
		if i > 0 && !d.Date.After(days[i-1].Date) {
			t.Errorf("%s comes after %s", d.Date, days[i-1].Date)
		}
		for metric, n := range d.Values {
			if n < 0 {
				t.Errorf("%s of %s is %d", metric, d.Date.Format(time.DateOnly), n)
			}
			if !slices.Contains(imclient.Metrics(), metric) {
				t.Errorf("%s is not a known figure", metric)
			}
		}
	}
	chosen := must(s.c.Operations.Days(ctx(t), imclient.MetricAllUsers, imclient.MetricSent))(t)
	for _, d := range chosen {
		for metric := range d.Values {
			if metric != imclient.MetricAllUsers && metric != imclient.MetricSent {
				t.Errorf("%s was not asked for", metric)
			}
		}
	}
	_, err := s.c.Operations.Days(ctx(t), "no such figure")
	is(t, err, imclient.ErrInvalid)
}

// historyFiles comes last: it moves the clock on until the service has made the files of the hour.
func (s *suite) historyFiles(t *testing.T) {
	if !s.c.Caps.Can(imclient.VerbHistoryFiles, "") {
		_, err := s.c.HistoryFiles.List(ctx(t), imclient.HistoryDirect, s.h.Now())
		is(t, err, imclient.ErrUnsupported)
		return
	}
	// From the beginning of an hour on, so that all is in one file.
	s.h.Advance(t, s.h.Now().Truncate(time.Hour).Add(time.Hour+time.Second).Sub(s.h.Now()))
	hour := s.h.Now()
	_, err := s.c.HistoryFiles.List(ctx(t), imclient.HistoryDirect, hour)
	is(t, err, imclient.ErrNotFound) // not made yet

	c := s.pair(t)
	var direct, grouped []string
	for i := range 5 {
		sent := must(s.c.Messages.Send(ctx(t), c, imclient.Draft{From: []string{c.User, c.Peer}[i%2], Body: text(fmt.Sprintf("filed %d \n\"quoted\" 存档", i))}))(t)
		direct = append(direct, sent.ID)
	}
	r := s.room(t, s.typeWith(t, imclient.VerbHistory, imclient.VerbSend), 1)
	for i := range 3 {
		sent := must(s.c.Messages.Send(ctx(t), imclient.Conversation{Group: r.id}, imclient.Draft{From: r.members[0], Body: text(fmt.Sprint(i))}))(t)
		grouped = append(grouped, sent.ID)
	}
	s.h.Advance(t, 2*time.Hour+5*time.Minute)
	var got []string
	for _, m := range s.filed(t, imclient.HistoryDirect, hour) {
		if m.Conversation.User == c.User || m.Conversation.Peer == c.User {
			got = append(got, m.Message.ID)
			same(t, "sender", m.Message.From, m.Conversation.User)
			near(t, "time", m.Message.At, hour)
			if !strings.HasSuffix(said(m.Message), "存档") {
				t.Errorf("text %q", said(m.Message))
			}
		}
	}
	sameSet(t, "direct messages in the files", got, direct)
	got = nil
	for _, m := range s.filed(t, imclient.HistoryGroups, hour) {
		if m.Conversation.Group == r.id && !m.Message.Tip && said(m.Message) != "" {
			got = append(got, m.Message.ID)
		}
	}
	sameSet(t, "group messages in the files", got, grouped)
	_, err = s.c.HistoryFiles.List(ctx(t), imclient.HistoryDirect, hour.AddDate(-1, 0, 0))
	is(t, err, imclient.ErrNotFound)
}

// filed reads all files of an hour, and checks what each says of itself.
func (s *suite) filed(t *testing.T, kind imclient.HistoryKind, hour time.Time) []imclient.FiledMessage {
	t.Helper()
	files := must(s.c.HistoryFiles.List(ctx(t), kind, hour))(t)
	if len(files) == 0 {
		t.Fatal("no files")
	}
	var all []imclient.FiledMessage
	for _, f := range files {
		same(t, "kind", f.Kind, kind)
		same(t, "hour", f.Hour.UTC(), hour.UTC().Truncate(time.Hour))
		if !f.Expires.IsZero() && !f.Expires.After(s.h.Now()) {
			t.Errorf("the address has expired since %s", f.Expires)
		}
		var packed bytes.Buffer
		ok(t, s.c.HistoryFiles.Download(ctx(t), f, &packed))
		sum := md5.Sum(packed.Bytes())
		same(t, "size", int64(packed.Len()), f.PackedSize)
		same(t, "sum", hex.EncodeToString(sum[:]), strings.ToLower(f.PackedMD5))
		unpacked, err := gzip.NewReader(&packed)
		ok(t, err)
		n, err := io.Copy(io.Discard, unpacked)
		ok(t, err)
		same(t, "size unpacked", n, f.Size)
		for m, err := range s.c.HistoryFiles.Messages(ctx(t), f) {
			ok(t, err)
			all = append(all, m)
		}
		wrong := f
		wrong.PackedMD5 = strings.Repeat("0", 32)
		packed.Reset()
		is(t, s.c.HistoryFiles.Download(ctx(t), wrong, &packed), imclient.ErrProtocol)
		same(t, "bytes of a file that is not what was announced", packed.Len(), 0)
	}
	return all
}

func keywordText(k imclient.Keyword) string { return k.Text }

func (s *suite) keywords(t *testing.T) {
	if !s.c.Caps.Can(imclient.VerbKeywords, "") {
		_, err := s.c.Keywords.Libraries(ctx(t), "", 10)
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Keywords.Add(ctx(t), "x", []imclient.NewKeyword{{Text: "x"}})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	libraries := walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.KeywordLibrary], error) {
		return s.c.Keywords.Libraries(ctx, cursor, 10)
	}, nil)
	if len(libraries) == 0 {
		t.Fatal("no libraries")
	}
	once(t, "libraries", ids(libraries, func(l imclient.KeywordLibrary) string { return l.ID }))
	for _, l := range libraries {
		t.Run(string(l.Kind), func(t *testing.T) { s.keywordsOf(t, l) })
	}
	_, err := s.c.Keywords.List(ctx(t), "no such library", "", "", 10)
	is(t, err, imclient.ErrNotFound, imclient.ErrInvalid)
}

func (s *suite) keywordsOf(t *testing.T, l imclient.KeywordLibrary) {
	list := func(find string) []imclient.Keyword {
		t.Helper()
		return walk(t, func(ctx context.Context, cursor string) (imclient.Page[imclient.Keyword], error) {
			return s.c.Keywords.List(ctx, l.ID, find, cursor, 7)
		}, nil)
	}
	before := ids(list(""), keywordText)
	var words []imclient.NewKeyword
	var texts []string
	for i := range 23 { // above the cap of one call
		w := imclient.NewKeyword{Text: fmt.Sprintf("发票%s%d", l.Kind, i)}
		if l.Kind == imclient.KeywordsReplace {
			w.Replacement = "*"
		}
		words, texts = append(words, w), append(texts, w.Text)
	}
	none(s.c.Keywords.Add(ctx(t), l.ID, words))(t)
	all := list("")
	once(t, "words", ids(all, keywordText))
	sameSet(t, "words", ids(all, keywordText), append(slices.Clone(before), texts...))
	found := list("发票" + string(l.Kind) + "1")
	sameSet(t, "words that contain a text", ids(found, keywordText), append([]string{texts[1]}, texts[10:20]...))
	var gone []string
	for _, w := range all {
		if slices.Contains(texts, w.Text) {
			gone = append(gone, w.ID)
		}
	}
	none(s.c.Keywords.Remove(ctx(t), l.ID, gone))(t)
	sameSet(t, "words in the end", ids(list(""), keywordText), before)
}

func (s *suite) broadcasts(t *testing.T) {
	user := s.h.NewUser(t, "Tagged")
	if !s.c.Caps.Can(imclient.VerbBroadcast, "") {
		_, err := s.c.Broadcasts.Send(ctx(t), imclient.Broadcast{Body: text("x")})
		is(t, err, imclient.ErrUnsupported)
		_, err = s.c.Broadcasts.Tags(ctx(t), []string{user})
		is(t, err, imclient.ErrUnsupported)
		return
	}
	t.Run("send", func(t *testing.T) {
		from := ""
		if !s.c.Caps.Traits.Administrator {
			_, err := s.c.Broadcasts.Send(ctx(t), imclient.Broadcast{Body: text("by whom?"), Keep: time.Hour})
			is(t, err, imclient.ErrInvalid)
			from = user
		}
		if id := must(s.c.Broadcasts.Send(ctx(t), imclient.Broadcast{From: from, Body: text("to all"), Keep: time.Hour}))(t); id == "" {
			t.Error("a broadcast without an id")
		}
		_, err := s.c.Broadcasts.Send(ctx(t), imclient.Broadcast{})
		is(t, err, imclient.ErrInvalid)
	})
	t.Run("tags", func(t *testing.T) {
		users := s.h.NewUsers(t, 120) // above the cap of one call
		none(s.c.Broadcasts.AddTags(ctx(t), users, []string{"vip", "上海"}))(t)
		none(s.c.Broadcasts.RemoveTags(ctx(t), users[:1], []string{"vip"}))(t)
		none(s.c.Broadcasts.ClearTags(ctx(t), users[1:2]))(t)
		tags := must(s.c.Broadcasts.Tags(ctx(t), users))(t)
		sameOrder(t, "users", ids(tags, func(u imclient.UserTags) string { return u.UserID }), users)
		sameSet(t, "tags of one", tags[0].Tags, []string{"上海"})
		sameSet(t, "tags of one who has none", tags[1].Tags, nil)
		sameSet(t, "tags of the last", tags[119].Tags, []string{"vip", "上海"})
	})
	t.Run("attributes", func(t *testing.T) {
		if !s.c.Caps.Can(imclient.VerbBroadcastAttr, "") {
			_, err := s.c.Broadcasts.AttributeNames(ctx(t))
			is(t, err, imclient.ErrUnsupported)
			return
		}
		ok(t, s.c.Broadcasts.SetAttributeNames(ctx(t), []string{"sex", "", "city"}))
		sameOrder(t, "names", must(s.c.Broadcasts.AttributeNames(ctx(t)))(t), []string{"sex", "", "city"})
		none(s.c.Broadcasts.SetAttributes(ctx(t), []string{user}, map[string]string{"sex": "f", "city": "上海"}))(t)
		none(s.c.Broadcasts.RemoveAttributes(ctx(t), []string{user}, []string{"sex"}))(t)
		other := s.h.NewUser(t, "Plain")
		attrs := must(s.c.Broadcasts.Attributes(ctx(t), []string{other, user}))(t)
		same(t, "attributes of one without", len(attrs[0].Attributes), 0)
		same(t, "attributes", fmt.Sprint(attrs[1].Attributes), fmt.Sprint(map[string]string{"city": "上海"}))
	})
}
