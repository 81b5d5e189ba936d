package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// flagAtOnce is how many messages can be put into the queue at once.
const flagAtOnce = 10

// flagButton puts the ticked messages into the queue.
func flagButton(ctx context.Context, url string) templates.ButtonView {
	return templates.ButtonView{Text: i18n.T(ctx, "queue.flag"), Icon: "queue", Key: "q", FormAction: url, FormMethod: "post"}
}

// flagAction is flagButton for those who may.
func (s *Server) flagAction(c *gin.Context, app *App, url string) templates.ButtonView {
	b := flagButton(c.Request.Context(), url)
	if b.Why = mayNot(c, app, auth.VerbReport); s.Cases == nil {
		b.Why = i18n.T(c.Request.Context(), "queue.none")
	}
	return b
}

// flagMessages puts ticked messages of a group into the queue, each as a case of its own.
func (s *Server) flagMessages(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	refs, err := readMessageRefs(v["m"])
	if err != nil {
		return err
	}
	if len(refs) == 0 || len(refs) > flagAtOnce {
		return badInput{"queue.flag.wrong"}
	}
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	group := c.Param("group")
	var id int64
	for _, ref := range refs {
		f := cases.Flag{App: app.Name, Group: group, Key: ref.id, Sender: ref.from, Source: cases.FromOperator, By: op.Name, Rule: "by_hand"}
		if err := s.fillFlag(ctx, app, &f, ref.seq); err != nil {
			return err
		}
		if id, err = s.Cases.Flag(ctx, f); err != nil {
			return err
		}
	}
	t := templates.Toast{Text: i18n.N(ctx, "queue.said.flagged", len(refs))}
	if op.Can(auth.VerbNote) {
		t.Action = &templates.ButtonView{Text: i18n.T(ctx, "action.done.show"), URL: caseURL(id)}
	}
	return s.answer(c, http.StatusOK, t, s.backOf(c, app))
}

// fillFlag adds what a message says: from the archive, else from the service, one call.
func (s *Server) fillFlag(ctx context.Context, app *App, f *cases.Flag, seq string) error {
	place := store.Conversation{App: app.Name, Group: f.Group, Users: f.Peers}
	kept, err := s.Store.Archive.Get(ctx, place, []string{f.Key})
	if err != nil {
		return err
	}
	if m, is := kept[f.Key]; is && !m.At.IsZero() {
		f.Sender, f.At, f.Text = m.Sender, m.At, m.Text
		return nil
	}
	if seq == "" || f.Group == "" {
		return nil
	}
	page, err := app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: f.Group}, From: seq, Limit: 1})
	if err != nil {
		return nil // the flag counts without its text
	}
	for _, m := range page.Messages {
		if m.ID == f.Key {
			f.Sender, f.At, f.Text = m.From, m.At, archive.TextOf(m.Body)
		}
	}
	return nil
}

// Limits of reports.
const (
	maxReportReason   = 60
	maxReportNote     = 1000
	reportsPerHour    = 30 // by one user of an app
	maxReportSequence = 40
)

// reportBody is what an app's server sends when a user reports a message, or a person.
type reportBody struct {
	Group    string    `json:"group"`    // of a direct chat: peers
	Peers    []string  `json:"peers"`    // the two of a direct chat
	Message  string    `json:"message"`  // as listMessages names it; empty: the person is reported
	Seq      string    `json:"seq"`      // its position, if it is another
	Sender   string    `json:"sender"`   // who said it, or who is reported
	Text     string    `json:"text"`     // what it says, where the archive does not have it
	SaidAt   time.Time `json:"said_at"`  // likewise
	Reporter string    `json:"reporter"` // the user who reports
	Reason   string    `json:"reason"`   // spam, scam, abuse, sexual, minor, illegal, other, or a word of the app's own
	Note     string    `json:"note"`     // what the reporter writes
}

// reportOut is the case that a report belongs to.
type reportOut struct {
	Case int64 `json:"case"`
}

// report takes a report. Many of one message become one case, and each reporter counts once.
func (p *programCall) report() (any, error) {
	if p.s.Cases == nil {
		return nil, errNoPage
	}
	var b reportBody
	if err := p.read(&b); err != nil {
		return nil, err
	}
	limits := p.app.IM.Caps.Limits
	if err := b.check(limits.UserID, limits.GroupID); err != nil {
		return nil, err
	}
	ctx := p.c.Request.Context()
	over, err := p.s.Store.Uses.Take(ctx, store.Use{OperatorID: "reporter " + p.app.Name + " " + b.Reporter, App: p.app.Name, Verb: string(auth.VerbReport), Size: 1, At: p.s.Now()},
		[]store.UseLimit{{App: p.app.Name, Verb: string(auth.VerbReport), Max: reportsPerHour, Per: time.Hour}})
	if err != nil {
		return nil, err
	}
	if over != nil {
		return nil, errTooFast
	}
	f := cases.Flag{
		App: p.app.Name, Group: b.Group, Key: b.Message, Sender: b.Sender, At: b.SaidAt, Text: b.Text, Source: cases.FromReport, Rule: b.Reason, By: b.Reporter, Note: b.Note,
	}
	if len(b.Peers) == 2 {
		f.Peers = [2]string{b.Peers[0], b.Peers[1]}
	}
	if f.Key != "" {
		if err := p.s.fillFlag(ctx, p.app, &f, b.Seq); err != nil {
			return nil, err
		}
	}
	id, err := p.s.Cases.Flag(ctx, f)
	if err != nil {
		return nil, err
	}
	return reportOut{Case: id}, nil
}

// check refuses what is no report.
func (b *reportBody) check(userID, groupID int) error {
	b.Reason, b.Note = strings.TrimSpace(b.Reason), strings.TrimSpace(b.Note)
	for _, f := range []struct {
		name, value string
		most        int
		needed      bool
	}{
		{"reporter", b.Reporter, userID, true},
		{"reason", b.Reason, maxReportReason, true},
		{"note", b.Note, maxReportNote, false},
		{"sender", b.Sender, userID, b.Message == ""},
		{"group", b.Group, groupID, b.Message != "" && len(b.Peers) == 0},
		{"message", b.Message, maxMessageName, false},
		{"seq", b.Seq, maxReportSequence, false},
		{"text", b.Text, store.MaxCaseText, false},
	} {
		if f.needed && f.value == "" || f.most > 0 && len(f.value) > f.most {
			return badBody{f.name}
		}
	}
	if len(b.Peers) != 0 && (len(b.Peers) != 2 || b.Group != "" || b.Peers[0] == b.Peers[1]) {
		return badBody{"peers"}
	}
	return nil
}

// maxMessageName bounds what is taken for a message's name, in bytes.
const maxMessageName = 400
