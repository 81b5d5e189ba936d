package actions

import (
	"context"

	"imdesk/imclient"
)

// Warn tells a user something in the app's own name, by direct message. It cannot be undone.
type Warn struct {
	Common
	User string `json:"user"`
	Text string `json:"text"`
}

// Verb is VerbWarn.
func (Warn) Verb() Verb { return VerbWarn }

func (a Warn) check(f *fields) {
	f.list("user", []string{a.User}, f.limits.UserID, true)
	f.text(a.Text)
}

func (a Warn) work() work {
	return &warnWork{sendWork{a: Send{Common: a.Common, To: a.User, Text: a.Text}}}
}

// warnWork is a direct message that comes from the app.
type warnWork struct{ sendWork }

func (w *warnWork) load(ctx context.Context, p *plan) error {
	if p.app.IM.Vendor == imclient.Volcengine {
		// A direct message has to come from somebody: Volcengine IM knows no administrator of its own.
		if len(p.app.Administrators) == 0 {
			return &NotOffered{Key: "action.warn.nobody"}
		}
		w.a.From = p.app.Administrators[0]
	}
	return w.sendWork.load(ctx, p)
}

func (w *warnWork) targets(*plan) (users, messages []string) { return []string{w.a.To}, nil }
