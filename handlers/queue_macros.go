package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/cases"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const macrosURL = "/settings/macros"

func (s *Server) macroRoutes() []route {
	if s.Cases == nil {
		return nil
	}
	return []route{
		{get, macrosURL, auth.VerbRules, s.macros},
		{post, macrosURL, auth.VerbRules, s.setMacros},
	}
}

func (s *Server) macros(c *gin.Context) error {
	setup, err := s.Cases.Setup(c.Request.Context())
	if err != nil {
		return err
	}
	return s.macrosPage(c, http.StatusOK, setup, nil, nil)
}

// macrosPage is the form with one empty macro and one empty reply below those that there are.
func (s *Server) macrosPage(c *gin.Context, status int, setup cases.Setup, wrong *cases.Invalid, notice *templates.Notice) error {
	ctx := c.Request.Context()
	v := templates.MacrosView{
		Nav: s.settingsNav(c), Action: macrosURL, Notice: notice, Hidden: []string{"version", strconv.FormatInt(setup.Version, 10)},
		Goal: templates.FieldView{Name: "goal", Label: i18n.T(ctx, "macros.goal"), Type: "number", Value: strconv.Itoa(setup.Goal), Hint: i18n.T(ctx, "macros.goal_hint")},
	}
	if setup.Version > 0 {
		v.Changed = i18n.T(ctx, "macros.changed", "who", setup.By, "when", i18n.When(ctx, setup.At))
	}
	none := templates.Option{Value: "", Text: i18n.T(ctx, "macros.nothing")}
	replies := []templates.Option{none}
	for _, r := range setup.Replies {
		replies = append(replies, templates.Option{Value: r.ID, Text: s.replyName(c, r)})
	}
	mutes := []templates.Option{{Value: "0", Text: none.Text}}
	for _, l := range cases.Lengths() {
		mutes = append(mutes, templates.Option{Value: strconv.Itoa(int(l / time.Second)), Text: i18n.Duration(ctx, l)})
	}
	rows := setup.Macros
	if len(rows) < cases.MaxMacros {
		rows = append(rows[:len(rows):len(rows)], cases.Macro{})
	}
	for i, m := range rows {
		n := strconv.Itoa(i)
		field := func(name, text, value string) templates.FieldView {
			return templates.FieldView{Name: name, ID: name + "_" + n, Label: i18n.T(ctx, text), Value: value}
		}
		r := templates.MacroRow{
			N: n, ID: m.ID, Title: i18n.T(ctx, "macros.new"), Recall: m.Recall, Kick: m.Kick, Mutes: mutes, Replies: replies,
			Key: field("key", "macros.key", m.Key), Name: field("name", "macros.name", m.Name), Mute: field("mute", "queue.do.mute", strconv.Itoa(int(m.Mute/time.Second))),
			Reply: field("reply", "queue.do.warn", m.Reply), Strike: field("strike", "macros.strike", strconv.Itoa(m.Strike)), Note: field("note", "macros.note", m.Note),
		}
		r.Key.MaxLength, r.Strike.Type, r.Name.Optional, r.Note.Optional = 1, "number", true, true
		if m.ID != "" {
			r.Title = s.macroName(ctx, m)
			r.Key.Hint = i18n.T(ctx, "macros.key_hint")
		}
		if wrong != nil && wrong.Macro == m.ID && m.ID != "" {
			//i18n:uses macros.wrong.*
			r.Error = i18n.T(ctx, "macros.wrong."+wrong.Why)
		}
		v.Rows = append(v.Rows, r)
	}
	texts := setup.Replies
	if len(texts) < cases.MaxReplies {
		texts = append(texts[:len(texts):len(texts)], cases.Reply{})
	}
	for i, r := range texts {
		n := strconv.Itoa(i)
		field := func(name, text, value string, rows int) templates.FieldView {
			return templates.FieldView{Name: name, ID: name + "_" + n, Label: i18n.T(ctx, text), Value: value, Rows: rows, Optional: true}
		}
		row := templates.ReplyRow{
			N: n, ID: r.ID, Name: field("reply_name", "macros.reply", r.Name, 0), EN: field("reply_en", "macros.reply_en", r.EN, 2), ZH: field("reply_zh", "macros.reply_zh", r.ZH, 2),
		}
		if r.ID != "" {
			row.Name.Placeholder, row.EN.Placeholder, row.ZH.Placeholder = s.replyName(c, r), warning("en", r.ID), warning("zh", r.ID)
		}
		v.Replies = append(v.Replies, row)
	}
	return render(c, status, templates.MacrosPage(s.chrome(c), v), nil)
}

// replyName is what a reply is called.
func (s *Server) replyName(c *gin.Context, r cases.Reply) string {
	if r.Name != "" {
		return r.Name
	}
	//i18n:uses queue.reply.*
	if key := "queue.reply." + r.ID; i18n.Has(c.Request.Context(), key) {
		return i18n.T(c.Request.Context(), key)
	}
	return r.ID
}

// setMacros takes the form. Macros whose key is empty go.
func (s *Server) setMacros(c *gin.Context) error {
	ctx := c.Request.Context()
	setup, err := s.Cases.Setup(ctx)
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(c.PostForm("version"), 10, 64)
	list := func(name string) []string { return c.PostFormArray(name) }
	at := func(name string, i int) string {
		if all := list(name); i < len(all) {
			return strings.TrimSpace(all[i])
		}
		return ""
	}
	next := cases.Setup{Version: seen, Views: setup.Views}
	next.Goal, _ = strconv.Atoi(c.PostForm("goal"))
	for i, id := range list("id") {
		n := strconv.Itoa(i)
		m := cases.Macro{ID: id, Key: at("key", i), Name: at("name", i), Reply: at("reply", i), Note: at("note", i), Recall: c.PostForm("recall_"+n) != "", Kick: c.PostForm("kick_"+n) != ""}
		if m.Key == "" || i > cases.MaxMacros {
			continue
		}
		seconds, _ := strconv.Atoi(at("mute", i))
		m.Mute = time.Duration(seconds) * time.Second
		m.Strike, _ = strconv.Atoi(at("strike", i))
		m.Harm = m.Kick
		if m.ID == "" {
			m.ID = "own_" + m.Key
		}
		next.Macros = append(next.Macros, m)
	}
	for i, id := range list("reply_id") {
		r := cases.Reply{ID: id, Name: at("reply_name", i), EN: at("reply_en", i), ZH: at("reply_zh", i)}
		if id == "" && (r.EN == "" && r.ZH == "" || i > cases.MaxReplies) {
			continue
		}
		if id == "" {
			r.ID = "own_" + strconv.FormatInt(s.Now().UnixMilli(), 36)
		}
		next.Replies = append(next.Replies, r)
	}
	if err = next.Check(); err == nil {
		err = s.recorded(c, store.AuditEntry{Action: actMacros}, func() error {
			op, _ := auth.OperatorFrom(ctx)
			return s.Cases.SetSetup(ctx, op.Name, next)
		})
	}
	var wrong *cases.Invalid
	switch {
	case errors.As(err, &wrong):
		n := &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "macros.wrong."+wrong.Why)}
		return s.macrosPage(c, http.StatusUnprocessableEntity, next, wrong, n)
	case errors.Is(err, cases.ErrStale):
		n := &templates.Notice{Tone: "warn", Answer: true, Title: i18n.T(ctx, "macros.stale")}
		next.Version = setup.Version
		return s.macrosPage(c, http.StatusConflict, next, nil, n)
	case err != nil:
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "macros.saved")}, macrosURL)
}

// actMacros is the change in the audit log.
const actMacros = "queue.macros"

// warning is what authors are told, in a language, where nobody wrote something else.
func warning(lang, id string) string {
	//i18n:uses queue.told.*
	return i18n.Texts(i18n.Lang(lang), "queue.told.")[id]
}
