package templates

import (
	"time"

	"github.com/a-h/templ"
)

// KnownView is the form that adds groups to the directory of an app whose vendor cannot list them.
type KnownView struct {
	Action  string
	BackURL string // the list of groups
	Notice  *Notice
	IDs     FieldView
	File    FieldView
	Walk    *WalkView // nil: nobody runs jobs here
}

// WalkView is the search for more groups through the conversations of users.
type WalkView struct {
	Action  string
	Key     string // of the form
	Users   string // how many users are known
	Starts  FieldView
	Most    FieldView
	Mosts   []Option
	Members bool
	Submit  ButtonView
	Now     *WalkNow // nil: there was none yet
}

// WalkNow is the last search.
type WalkNow struct {
	URL    string // of the job
	Title  string
	State  ChipView
	Lines  []string // how far it is, or what came of it
	Began  time.Time
	Reload string // "": it has ended
}

// walkPolls has a search that goes on asked for again.
func walkPolls(w WalkNow) templ.Attributes {
	if w.Reload == "" {
		return nil
	}
	return templ.Attributes{"hx-get": w.Reload, "hx-trigger": "every 3s", "hx-target": "this", "hx-swap": "outerHTML", "hx-push-url": "false"}
}
