package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
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

// backToQueue is the filter that a form came from.
func backToQueue(c *gin.Context) queueFilter {
	q, err := url.ParseQuery(c.PostForm("return"))
	if err != nil {
		q = url.Values{}
	}
	q.Del("case")
	return readQueueFilter(q)
}

// decideCase takes a verdict and answers with the next case, which is drawn in the same answer.
func (s *Server) decideCase(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	seconds, err := strconv.ParseInt(c.PostForm("length"), 10, 64)
	if err != nil || seconds < 0 || seconds > int64(time.Duration(1<<62)/time.Second) {
		seconds = 0
	}
	f := backToQueue(c)
	op, _ := auth.OperatorFrom(ctx)
	if own, err := s.ownVerdict(ctx, op, k); err != nil || own {
		return cmp.Or(err, error(badInput{"queue.appeal.own"}))
	}
	next := s.nextCase(c, f, op, k)
	_, _, err = s.Cases.Decide(ctx, s.actorIn(c, k.Place.App), k.ID, cases.Choice{
		Macro: c.PostForm("macro"), Length: time.Duration(seconds) * time.Second, Copies: c.PostForm("copies") != "", Note: strings.TrimSpace(c.PostForm("note")),
	})
	if err != nil {
		return err
	}
	return s.goOn(c, f, next)
}

// nextCase is the case after one in its list; 0 for the first.
func (s *Server) nextCase(c *gin.Context, f queueFilter, op auth.Operator, k store.Case) int64 {
	list, err := s.Cases.Store.List(c.Request.Context(), f.store(op, s.appsOf(op), s.Now()), k.ID, queuePage)
	if err != nil {
		return 0
	}
	for _, other := range list {
		if id, _ := cases.Holder(other, op.ID, s.Now()); id == "" {
			return other.ID
		}
	}
	return 0
}

// goOn leads to a case of the list, in place where scripts run.
func (s *Server) goOn(c *gin.Context, f queueFilter, id int64) error {
	if !isHTMX(c.Request) {
		return seeOther(c, f.address(id))
	}
	f.case_ = id
	v, err := s.queueView(c, f)
	if err != nil {
		return err
	}
	if v.Case != nil {
		f.case_ = v.Case.ID
	}
	c.Header("HX-Push-Url", f.address(f.case_))
	return render(c, http.StatusOK, templates.QueuePart(v), nil)
}

func (s *Server) lookAtCase(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	op, _ := auth.OperatorFrom(c.Request.Context())
	if op.CanIn(k.Place.App, auth.VerbCases) {
		err = s.Cases.Look(c.Request.Context(), s.actorIn(c, k.Place.App), k.ID)
	}
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

func (s *Server) leaveCase(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	if err := s.Cases.Leave(c.Request.Context(), s.actorIn(c, k.Place.App), k.ID); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

func (s *Server) takeCase(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	if _, err := s.Cases.TakeOver(c.Request.Context(), s.actorIn(c, k.Place.App), k.ID); err != nil {
		return err
	}
	return seeOther(c, backToQueue(c).address(k.ID))
}

// choiceSheet answers with a sheet about a case, or its page.
func (s *Server) choiceSheet(c *gin.Context, status int, v templates.ChoiceSheet) error {
	return render(c, status, templates.ChoicePage(s.chrome(c), v), templates.ChoicePart(v))
}

// handReasons are what a case is handed on for, ready to choose.
func handReasons(c *gin.Context, kind string, names ...string) []templates.Option {
	var list []templates.Option
	for _, n := range names {
		//i18n:uses queue.why.assign.*
		//i18n:uses queue.why.escalate.*
		text := i18n.T(c.Request.Context(), "queue.why."+kind+"."+n)
		list = append(list, templates.Option{Value: text, Text: text})
	}
	return list
}

// typedReason is the reason that was written, else the one that was chosen.
func typedReason(c *gin.Context) string {
	if text := strings.TrimSpace(c.PostForm("other")); text != "" {
		return clip(text, store.MaxCaseNote)
	}
	return clip(strings.TrimSpace(c.PostForm("why")), store.MaxCaseNote)
}

// handSheet is the sheet by which a case is handed on.
func (s *Server) handSheet(c *gin.Context, kind string, k store.Case) templates.ChoiceSheet {
	ctx := c.Request.Context()
	//i18n:uses queue.assign.*
	//i18n:uses queue.escalate.*
	v := templates.ChoiceSheet{
		ID: kind, Title: i18n.T(ctx, "queue."+kind+".title", "id", k.ID), Text: i18n.T(ctx, "queue."+kind+".text"), Action: caseURL(k.ID, kind),
		Back: caseURL(k.ID), Hidden: []string{"return", queryOf(c)},
		Reason: templates.FieldView{Name: "why", Label: i18n.T(ctx, "queue.why.label")},
		Fields: []templates.FieldView{{Name: "other", Label: i18n.T(ctx, "queue.why.other"), Optional: true, MaxLength: 500}},
	}
	v.Reasons = handReasons(c, kind, "unsure", "language", "serious", "known")
	v.Reason.Value = v.Reasons[0].Value
	return v
}

// queryOf is the filter of the page that a sheet was opened from.
func queryOf(c *gin.Context) string {
	_, q, _ := strings.Cut(currentPath(c.Request), "?")
	return q
}

// colleagues are those to whom a case can be handed, the most senior first, up to nine: each has a digit.
func (s *Server) colleagues(c *gin.Context, app string) ([]templates.ChoiceLine, error) {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	known, err := s.Store.Operators.List(ctx)
	if err != nil {
		return nil, err
	}
	var list [3][]templates.ChoiceLine
	for _, o := range known {
		if o.ID == me.ID || o.Disabled {
			continue
		}
		op, err := s.Auth.Operator(ctx, o.ID)
		if err != nil || !op.CanIn(app, auth.VerbCases) {
			continue
		}
		rank := 2
		switch {
		case op.CanIn(app, auth.VerbRules):
			rank = 0
		case op.CanIn(app, auth.VerbBulk):
			rank = 1
		}
		preset, title := op.RoleIn(app)
		//i18n:uses role.*
		list[rank] = append(list[rank], templates.ChoiceLine{Value: o.ID, Text: op.Name, Sub: orID(title, i18n.T(ctx, "role."+string(preset)))})
	}
	all := append(append(list[0], list[1]...), list[2]...)
	all = all[:min(len(all), 9)]
	for i := range all {
		all[i].Key = strconv.Itoa(i + 1)
	}
	return all, nil
}

func (s *Server) assignSheet(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	v := s.handSheet(c, "assign", k)
	v.Name, v.Empty = "to", i18n.T(c.Request.Context(), "queue.assign.nobody")
	if v.Choices, err = s.colleagues(c, k.Place.App); err != nil {
		return err
	}
	return s.choiceSheet(c, http.StatusOK, v)
}

func (s *Server) assignCase(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	to, err := s.Auth.Operator(ctx, c.PostForm("to"))
	if err != nil || !to.CanIn(k.Place.App, auth.VerbCases) {
		return badInput{key: "queue.assign.nobody"}
	}
	f := backToQueue(c)
	op, _ := auth.OperatorFrom(ctx)
	next := s.nextCase(c, f, op, k)
	if _, err := s.Cases.Assign(ctx, s.actorIn(c, k.Place.App), k.ID, to.ID, to.Name, typedReason(c)); err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.handed", "id", k.ID, "who", to.Name)}, f.address(next))
}

func (s *Server) escalateSheet(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	v := s.handSheet(c, "escalate", k)
	v.Submit = i18n.T(c.Request.Context(), "queue.act.escalate")
	return s.choiceSheet(c, http.StatusOK, v)
}

func (s *Server) escalateCase(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	f := backToQueue(c)
	op, _ := auth.OperatorFrom(ctx)
	next := s.nextCase(c, f, op, k)
	if _, err := s.Cases.Escalate(ctx, s.actorIn(c, k.Place.App), k.ID, typedReason(c)); err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.escalated", "id", k.ID)}, f.address(next))
}

// snoozes are how long a case can be put off.
var snoozes = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}

func (s *Server) snoozeSheet(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := templates.ChoiceSheet{
		ID: "snooze", Title: i18n.T(ctx, "queue.snooze.title", "id", k.ID), Text: i18n.T(ctx, "queue.snooze.text"), Action: caseURL(k.ID, "snooze"),
		Back: caseURL(k.ID), Hidden: []string{"return", queryOf(c)}, Name: "for",
	}
	for i, d := range snoozes {
		v.Choices = append(v.Choices, templates.ChoiceLine{
			Value: strconv.Itoa(int(d / time.Second)), Text: i18n.Duration(ctx, d), Sub: i18n.When(ctx, s.Now().Add(d)), Key: strconv.Itoa(i + 1),
		})
	}
	return s.choiceSheet(c, http.StatusOK, v)
}

func (s *Server) snoozeCase(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	seconds, err := strconv.Atoi(c.PostForm("for"))
	if err != nil || seconds < 60 || seconds > 7*24*3600 {
		return badInput{key: "action.invalid.length"}
	}
	f := backToQueue(c)
	op, _ := auth.OperatorFrom(ctx)
	next := s.nextCase(c, f, op, k)
	until := s.Now().Add(time.Duration(seconds) * time.Second)
	if _, err := s.Cases.Snooze(ctx, s.actorIn(c, k.Place.App), k.ID, until); err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.put_off", "id", k.ID, "until", i18n.When(ctx, until))}, f.address(next))
}

// textSheet asks for a text about a case.
func (s *Server) textSheet(c *gin.Context, status int, k store.Case, kind, typed, wrong string) error {
	ctx := c.Request.Context()
	//i18n:uses queue.note.*
	//i18n:uses queue.appeal.*
	v := templates.ChoiceSheet{
		ID: kind, Title: i18n.T(ctx, "queue."+kind+".title", "id", k.ID), Text: i18n.T(ctx, "queue."+kind+".text"), Action: caseURL(k.ID, kind),
		Back: caseURL(k.ID), Hidden: []string{"return", queryOf(c)}, Submit: i18n.T(ctx, "queue."+kind+".submit"),
		Fields: []templates.FieldView{{Name: "text", Label: i18n.T(ctx, "queue."+kind+".label"), Rows: 4, Value: typed, Error: wrong, MaxLength: 2000, Required: true}},
	}
	return s.choiceSheet(c, status, v)
}

func (s *Server) noteSheet(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	return s.textSheet(c, http.StatusOK, k, "note", "", "")
}

func (s *Server) noteCase(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	text := strings.TrimSpace(c.PostForm("text"))
	if text == "" || len(text) > store.MaxCaseNote {
		return s.textSheet(c, http.StatusUnprocessableEntity, k, "note", clip(text, store.MaxCaseNote), i18n.T(ctx, "queue.note.length"))
	}
	if err := s.Cases.Note(ctx, s.actorIn(c, k.Place.App), k.ID, text); err != nil {
		return err
	}
	return seeOther(c, backToQueue(c).address(k.ID))
}

func (s *Server) appealSheet(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	return s.textSheet(c, http.StatusOK, k, "appeal", "", "")
}

// appealCase opens a case against the verdict of another one: support writes down what the author says.
func (s *Server) appealCase(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	text := strings.TrimSpace(c.PostForm("text"))
	if text == "" || len(text) > store.MaxCaseNote {
		return s.textSheet(c, http.StatusUnprocessableEntity, k, "appeal", clip(text, store.MaxCaseNote), i18n.T(ctx, "queue.note.length"))
	}
	if k.State != store.CaseDecided || !k.Upheld {
		return badInput{key: "queue.appeal.nothing"}
	}
	op, _ := auth.OperatorFrom(ctx)
	id, err := s.Cases.Appeal(ctx, k, op.ID, op.Name, text)
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.appealed", "id", k.ID)}, caseURL(id))
}

// undoVerdict takes a verdict back in time, and shows its case again.
func (s *Server) undoVerdict(c *gin.Context) error {
	verdict, err := s.verdictOf(c, auth.VerbCases)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	k, err := s.Cases.Undo(ctx, s.actorIn(c, verdict.App), verdict.ID)
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.undone", "id", k.ID)}, caseURL(k.ID))
}

func (s *Server) retryVerdict(c *gin.Context) error {
	verdict, err := s.verdictOf(c, auth.VerbCases)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	err = s.Cases.Retry(ctx, s.actorIn(c, verdict.App), verdict.ID)
	if errors.Is(err, store.ErrConflict) {
		return s.answer(c, http.StatusOK, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "queue.said.nothing_left")}, caseURL(verdict.Case))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.again", "id", verdict.Case)}, caseURL(verdict.Case))
}

// reverseSheet says what taking a verdict back would do.
func (s *Server) reverseSheet(c *gin.Context) error {
	verdict, err := s.verdictOf(c, auth.VerbCases)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	var can, cannot []string
	for _, t := range cases.ReadBody(verdict).Steps {
		text := i18n.T(ctx, "queue.do."+t.Do)
		switch {
		case t.State != cases.StepApplied:
		case t.Do == cases.DoMute || t.Do == cases.DoKick:
			can = append(can, text)
		default:
			cannot = append(cannot, text)
		}
	}
	v := templates.ChoiceSheet{
		ID: "reverse", Title: i18n.T(ctx, "queue.reverse.title", "id", verdict.Case), Action: verdictURL(verdict.ID, "/reverse"), Back: caseURL(verdict.Case),
		Submit: i18n.T(ctx, "queue.verdict.reverse"), Danger: true, Text: i18n.T(ctx, "queue.reverse.strike"),
	}
	if len(can) > 0 {
		v.Text = i18n.T(ctx, "queue.reverse.can", "what", strings.Join(can, i18n.T(ctx, "queue.and")))
	}
	if len(cannot) > 0 {
		v.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "queue.reverse.cannot", "what", strings.Join(cannot, i18n.T(ctx, "queue.and")))}
	}
	return s.choiceSheet(c, http.StatusOK, v)
}

func (s *Server) reverseVerdict(c *gin.Context) error {
	verdict, err := s.verdictOf(c, auth.VerbCases)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	err = s.Cases.Reverse(ctx, s.actorIn(c, verdict.App), verdict.ID)
	if errors.Is(err, store.ErrConflict) {
		return s.answer(c, http.StatusOK, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "queue.said.nothing_left")}, caseURL(verdict.Case))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said.reversing", "id", verdict.Case)}, caseURL(verdict.Case))
}
