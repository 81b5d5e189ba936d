package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// DetailsView is all that the service tells of a group.
type DetailsView struct {
	Frame       GroupFrameView
	Form        DetailsFormView
	Type        ChipView
	TypeWord    string // the vendor's own
	TypeAbout   string // what the type means
	Created     time.Time
	InfoChanged time.Time
	LastMessage time.Time
	Live        bool
	LastSeq     string // "" if nothing was said
	LastURL     string // of the newest message; "" where there is no history
	Join        string // in words; "" if the service does not say, as all below
	Invite      string
	MuteAll     string
	Topics      bool
	Custom      []FactView // the app's own fields
}

// DetailsFormView is the form for what can be changed.
type DetailsFormView struct {
	Action   string
	Key      string   // sent twice, it is carried out once
	Seen     []string // pairs of name and mark of what each field showed
	Notice   *Notice
	Why      string // why nothing can be changed; "" if something can
	Name     FieldView
	Intro    FieldView
	Group    FieldView // the notice of the group
	Avatar   FieldView
	Join     FieldView
	Joins    []Option
	MuteAll  FieldView
	MuteAlls []Option
	Reason   FieldView
	Confirm  []DiffRow // what is asked again
	Submit   string    // "" if nothing can be changed
}

// memberNumber says how many members there are, and of how many at most.
func memberNumber(ctx context.Context, v GroupFrameView) string {
	switch {
	case v.Members < 0:
		return i18n.T(ctx, "groups.unknown")
	case v.MaxMembers > 0:
		return i18n.T(ctx, "details.members_of", "n", v.Members, "max", v.MaxMembers)
	}
	return i18n.Int(ctx, v.Members)
}

func confirmAttrs(v DetailsFormView) templ.Attributes {
	if len(v.Confirm) == 0 {
		return nil
	}
	return templ.Attributes{"autofocus": true}
}

// saveButton sends the form. Where it asks again it takes the focus, so that what will change is read first.
func saveButton(v DetailsFormView) ButtonView {
	return ButtonView{Type: "submit", Text: v.Submit, Variant: "primary", Key: "Control+Enter", Attrs: confirmAttrs(v)}
}
