package templates

import (
	"time"

	"github.com/a-h/templ"
)

// PasskeyView is what the browser's script asks for a passkey, and where its answer goes. The button shows where the browser can.
type PasskeyView struct {
	Options   string // JSON; "" where no passkey can be asked for
	Challenge string // sealed: comes back with the answer
	Create    bool   // makes one instead of asking for one
	Answer    string // names of the fields of the form
	Sealed    string
	Text      string // of the button
}

func (p PasskeyView) attrs() templ.Attributes {
	a := templ.Attributes{"data-passkey": p.Options, "data-passkey-answer": p.Answer, "hidden": true}
	if p.Create {
		a["data-passkey-create"] = true
	}
	return a
}

// FactorView is the second step of signing in.
type FactorView struct {
	Name    string // who has shown the password
	Action  string
	Next    string
	Codes   bool // an app shows codes
	Passkey PasskeyView
	Error   string
	Notice  *Notice
	Off     bool // no more tries for now
}

func codeField(id, name, label, hint, problem string) FieldView {
	return FieldView{
		ID: id, Name: name, Label: label, Hint: hint, Error: problem, MaxLength: 40, Autocomplete: "one-time-code",
		Attrs: templ.Attributes{"autocapitalize": "none", "spellcheck": "false", "inputmode": "text"},
	}
}

func focused(f FieldView) FieldView {
	f.Attrs["autofocus"] = true
	return f
}

// ConfirmView asks an operator to show again who it is, before a change that waits.
type ConfirmView struct {
	Name        string
	Action      string   // where the change is sent
	Fields      []string // what was typed, as pairs of name and value
	Confirmed   bool     // nothing is asked for any more
	Password    string   // names of the fields; "" where it is not asked for
	Code        string
	Passkey     PasskeyView
	Provider    string // what the provider is called; "" for none
	ProviderURL string
	BackURL     string
	Missing     bool // a password or a file has to be given again
	Error       string
	Notice      *Notice
}

// SetUpView is the page on which the first owner chooses name and password.
type SetUpView struct {
	Action                                string
	Name                                  string
	NameError, PasswordError, RepeatError string
	Notice                                *Notice // what is wrong with the link; then there is no form
}

// SecurityView is what an operator signs in with.
type SecurityView struct {
	Nav      SettingsNavView
	Required string // the notice that one has to be set up first; "" for none
	Notice   *Notice

	TOTP          bool
	TOTPAt        time.Time
	TOTPUsed      time.Time // zero: never
	TOTPBeginURL  string
	TOTPRemoveURL string
	Needed        string // why the last one cannot be removed; "" if it can

	Passkeys      []PasskeyRow
	PasskeysElse  string // the address at which there are passkeys, if it is not this one
	PasskeysNever bool   // there are none at any address
	AddPasskey    PasskeyView
	AddURL        string
	AddName       string
	AddError      string
	RenameURL     string
	RemoveURL     string

	Codes    int // left
	AnyCodes bool
	CodesURL string

	Provider  string // what the provider is called; "" for none
	Account   string // there; "" if it is not linked
	Linked    bool
	LinkURL   string
	UnlinkURL string

	PasswordURL string

	Policy *PolicyView // for those who may set it
}

// PasskeyRow is one passkey.
type PasskeyRow struct {
	ID, Name    string
	Added, Used time.Time // Used zero: never
	Warned      bool
	Why         string // it cannot be removed
}

// PolicyView is from which role on a second factor is required.
type PolicyView struct {
	URL     string
	From    string
	Choices []Option
}

// TOTPView is an app being set up.
type TOTPView struct {
	Nav     SettingsNavView
	QRURL   string
	Secret  string
	Action  string
	BackURL string
	Error   string
}

// CodesView are new recovery codes, shown once.
type CodesView struct {
	Nav     SettingsNavView
	Codes   []string
	NextURL string
}

// LinkView asks whether an account at the provider is the operator's.
type LinkView struct {
	Nav      SettingsNavView
	Provider string
	Account  string
	Name     string
	Action   string
	BackURL  string
}

// codeProblem stands at the code where there is no password to stand at.
func codeProblem(v ConfirmView) string {
	if v.Password != "" {
		return ""
	}
	return v.Error
}
