package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"imdesk/store"

	"github.com/gin-gonic/gin"
)

// DefaultConfirm is how long it counts that an operator has shown who it is. Signing in counts as well.
const DefaultConfirm = 10 * time.Minute

// dangerous is the one table of verbs that want it shown again: what cannot be taken back, what reaches many, and what gives others
// rights. Whoever finds a browser that was left open cannot do it.
var dangerous = map[Verb]bool{
	VerbFactors:       true,
	VerbOperators:     true,
	VerbSettings:      true,
	VerbTokens:        true,
	VerbAPI:           true,
	VerbBulk:          true,
	VerbDismiss:       true,
	VerbDeleteUsers:   true,
	VerbClearMessages: true,
	VerbBroadcast:     true,
	VerbLiveBroadcast: true,
	VerbPrivacy:       true,
	VerbOverride:      true,
}

// Dangerous tells whether a verb wants a fresh confirmation. What cannot confirm, such as a token, needs leave for each of these.
func Dangerous(v Verb) bool { return dangerous[v] }

// Confirmed tells whether an operator has shown, in this session and lately, who it is.
func (s *Service) Confirmed(o Operator) bool {
	age := s.now().Sub(o.ConfirmedAt)
	return !o.ConfirmedAt.IsZero() && age.Abs() < s.confirm // clocks of replicas differ
}

// Prefix of the fields of a form that confirm; they are taken out before anybody else reads it.
const confirmPrefix = "stepup_"

// Fields of a form that confirm.
const (
	ConfirmPassword  = confirmPrefix + "password"
	ConfirmCode      = confirmPrefix + "code"
	ConfirmPasskey   = confirmPrefix + "passkey"
	ConfirmChallenge = confirmPrefix + "challenge"
)

// ConfirmPath is where a form waits for a confirmation, with its id behind.
const ConfirmPath = "/confirm"

// Waiting is a change that waits for a confirmation: what was typed comes along, but for passwords and files.
type Waiting struct {
	Operator string
	Action   string // where the form was sent; send it there again
	Back     string // the page it was sent from
	Fields   []FormField
	Missing  bool // there was more: a password, a file, or more than fits
}

// waitingFor is how long a form waits.
const waitingFor = 30 * time.Minute

func waitingName(id string) string { return "confirm/" + id }

// KeepWaiting keeps a change under an id. What was typed is sealed: it may be a message.
func (s *Service) KeepWaiting(ctx context.Context, w Waiting) (id string, err error) {
	id = randomToken()
	plain, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	sealed, err := s.ring.Seal(waitingName(id), plain)
	if err != nil {
		return "", err
	}
	_, err = s.store.Once.Add(ctx, waitingName(id), sealed, s.now().Add(waitingFor))
	return id, err
}

// Waiting is a change of the operator's that waits, or store.ErrNotFound.
func (s *Service) Waiting(ctx context.Context, o Operator, id string) (w Waiting, err error) {
	sealed, err := s.store.Once.Get(ctx, waitingName(id), s.now())
	if err != nil {
		return w, err
	}
	plain, err := s.ring.Open(waitingName(id), sealed)
	if err != nil {
		return w, fmt.Errorf("a form that waits: %w", err)
	}
	if err := json.Unmarshal(plain, &w); err != nil {
		return w, fmt.Errorf("a form that waits: %w", err)
	}
	if w.Operator != o.ID {
		return Waiting{}, store.ErrNotFound
	}
	return w, nil
}

// ConfirmNow checks what an operator shows, and gives the session a new token. It has to be called before the first byte of the body.
// Tries are counted as for signing in: *Refused.
func (s *Service) ConfirmNow(w http.ResponseWriter, r *http.Request, o Operator, a Answer) (Operator, error) {
	ctx := r.Context()
	counted, err := s.take(ctx, o.Name, AddressFrom(ctx))
	if err != nil {
		return o, err
	}
	with, err := s.shows(ctx, o, a, false)
	if err != nil {
		return o, fmt.Errorf("confirm: %w", err)
	}
	if with == "" {
		if err := s.recordOver(ctx, o, actConfirm, store.AuditFailed); err != nil {
			return o, fmt.Errorf("confirm: %w", err)
		}
		return o, s.refuse(ctx, counted)
	}
	if err := s.forgive(ctx, o.Name, AddressFrom(ctx)); err != nil {
		return o, err
	}
	return s.confirmed(w, r, o, with[1:])
}

// confirmed notes that the operator has shown who it is.
func (s *Service) confirmed(w http.ResponseWriter, r *http.Request, o Operator, method string) (Operator, error) {
	session, err := s.Session(r)
	if err != nil {
		return o, err
	}
	err = s.recorded(r.Context(), o, actConfirm, map[string]string{"method": method}, func() error {
		return s.Sessions.renew(w, r, session, s.now())
	})
	if errors.Is(err, store.ErrNotFound) {
		return o, ErrNobody // it was ended meanwhile
	}
	o.SessionID, o.ConfirmedAt = tokenHash(session.ID), s.now()
	session.Values[ownerKey{}] = o
	return o, err
}

// stepUp lets a change through whose operator has confirmed, or confirms with it; else it asks, and the change waits.
func (g *Gate) stepUp(c *gin.Context, o Operator) bool {
	if g.Service.Confirmed(o) {
		return true
	}
	fields, missing := keepForm(c.Request)
	a, given := takeAnswer(c.Request)
	w := Waiting{Operator: o.ID, Action: c.Request.URL.RequestURI(), Back: pageOf(c.Request), Fields: withoutAnswer(fields), Missing: missing}
	if !given {
		g.Confirm(c, w, nil)
		return false
	}
	o, err := g.Service.ConfirmNow(c.Writer, c.Request, o, a)
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		w.Missing = false // it was said before; the password that is missing is the wrong one
		g.Confirm(c, w, refused)
		return false
	case errors.Is(err, ErrNobody):
		g.askToSignIn(c)
		return false
	case err != nil:
		g.Fail(c, err)
		return false
	}
	c.Request = c.Request.WithContext(WithOperator(c.Request.Context(), o))
	return true
}

// takeAnswer takes what confirms out of a form that was parsed.
func takeAnswer(r *http.Request) (a Answer, given bool) {
	for name, to := range map[string]*string{
		ConfirmPassword: &a.Password, ConfirmCode: &a.Code, ConfirmPasskey: &a.Passkey, ConfirmChallenge: &a.Challenge,
	} {
		if r.PostForm.Has(name) {
			*to, given = r.PostForm.Get(name), true
		}
		r.PostForm.Del(name)
		r.Form.Del(name)
	}
	return a, given
}

func withoutAnswer(list []FormField) []FormField {
	var rest []FormField
	for _, f := range list {
		if !strings.HasPrefix(f.Name, confirmPrefix) {
			rest = append(rest, f)
		}
	}
	return rest
}
