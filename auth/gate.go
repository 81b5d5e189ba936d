package auth

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"imdesk/store"

	"github.com/gin-gonic/gin"
)

// Gate is the middleware that lets operators in, each as far as the role goes. What visitors read is drawn elsewhere.
type Gate struct {
	Service   *Service
	Reference func(*gin.Context) string // the request's name in the log
	Fail      func(*gin.Context, error) // draws the page for a database that does not answer
	Forbidden func(*gin.Context, Verb)  // draws the page for an operator whose role is too low: 403
	Hidden    func(*gin.Context)        // draws the page for an app of which the operator sees nothing: as if it were not there, 404
	Outside   func(*gin.Context)        // draws the page for an address from which the console may not be used: 403
	Open      func(*gin.Context) bool   // what may be asked from any address all the same, such as health

	// Programs tells which requests come with an API token, and never with a cookie; nil: none. Unknown draws what they get
	// without one that counts: 401.
	Programs func(*gin.Context) bool
	Unknown  func(*gin.Context, error)

	Expired func(*gin.Context, ExpiredWrite) // draws what comes instead of a change that nobody is signed in for: 401

	// Confirm asks an operator to show who it is before a change that is dangerous; refused tells what became of the last try.
	Confirm func(c *gin.Context, w Waiting, refused *Refused)
}

// ExpiredWrite is a change that was sent after the session had ended. Nothing was done, and nothing typed may be lost:
// the operator signs in in another tab, which gives this one its session back, and sends it again from here.
type ExpiredWrite struct {
	LoginURL string      // for the other tab
	Part     bool        // htmx asked: the form still stands in the page as it was typed, and a notice is enough
	Action   string      // where the form was sent; send it there again
	Fields   []FormField // what was in it, for hidden fields. Passwords are left out
	Missing  bool        // there was more: a password, a file, or more than fits
}

// FormField is one value of a form.
type FormField struct{ Name, Value string }

// Load puts the operator into the request's context: see OperatorFrom. It stands before anything that asks.
func (g *Gate) Load(c *gin.Context) {
	if g.program(c) {
		g.loadToken(c)
		return
	}
	r, err := g.Service.Load(c.Request, c.ClientIP(), g.Reference(c))
	c.Request = r
	if err == nil && (g.Open == nil || !g.Open(c)) && !g.admits(c, store.AccessConsole) {
		return
	}
	if err != nil {
		c.Abort()
		g.Fail(c, err)
		return
	}
	c.Next()
}

func (g *Gate) program(c *gin.Context) bool { return g.Programs != nil && g.Programs(c) }

// admits tells whether requests of a kind may come from where this one came from; if not, it is answered.
func (g *Gate) admits(c *gin.Context, kind string) bool {
	ok, err := g.Service.Admits(c.Request.Context(), kind, c.ClientIP())
	switch {
	case err != nil:
		c.Abort()
		g.Fail(c, err)
	case !ok:
		c.Abort()
		g.Outside(c)
	}
	return ok && err == nil
}

// loadToken is Load for a program.
func (g *Gate) loadToken(c *gin.Context) {
	ctx := withReference(withAddress(c.Request.Context(), c.ClientIP()), g.Reference(c))
	c.Request = c.Request.WithContext(ctx)
	if !g.admits(c, store.AccessTokens) {
		return
	}
	scheme, secret, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		c.Next() // Require answers
		return
	}
	o, _, err := g.Service.LoadToken(ctx, strings.TrimSpace(secret), c.ClientIP())
	switch {
	case errors.Is(err, ErrToken) || errors.Is(err, ErrTokenAddress):
		c.Abort()
		g.Unknown(c, err)
	case err != nil:
		c.Abort()
		g.Fail(c, err)
	default:
		c.Request = c.Request.WithContext(WithOperator(ctx, o))
		c.Next()
	}
}

// Require lets through whoever may do v. Visitors are asked to sign in and brought back to where they were.
func (g *Gate) Require(v Verb) gin.HandlerFunc {
	return func(c *gin.Context) {
		o, ok := OperatorFrom(c.Request.Context())
		switch {
		case v == VerbPublic:
			c.Next()
		case ok && may(c, o, v):
			if g.passes(c, o, v) {
				c.Next()
			} else {
				c.Abort()
			}
		case ok && c.Param("app") != "" && !o.Sees(c.Param("app")):
			c.Abort()
			g.Hidden(c)
		case ok:
			c.Abort()
			g.Forbidden(c, v)
		case g.program(c):
			c.Abort()
			g.Unknown(c, ErrToken)
		default:
			c.Abort()
			g.askToSignIn(c)
		}
	}
}

// EnrolPath is where an operator goes who has to set up a second factor before anything else.
const EnrolPath = "/settings/security"

// passes is what is asked of an operator who may do v: a second factor where one is required, and for what is dangerous to show again
// who it is. Otherwise the request is answered.
func (g *Gate) passes(c *gin.Context, o Operator, v Verb) bool {
	writes := c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead
	switch {
	case o.MustEnrol && v != VerbFactors:
		if c.Request.Header.Get("HX-Request") == "true" {
			c.Header("HX-Redirect", EnrolPath)
			c.Status(http.StatusForbidden)
			c.Writer.WriteHeaderNow()
		} else {
			c.Redirect(http.StatusSeeOther, EnrolPath)
		}
		return false
	case writes && Dangerous(v) && o.TokenID == "": // who made the token showed it then
		return g.stepUp(c, o)
	}
	return true
}

// may asks for the app that the route names, if it names one.
func may(c *gin.Context, o Operator, v Verb) bool {
	if app := c.Param("app"); app != "" {
		return o.CanIn(app, v)
	}
	return o.Can(v)
}

func (g *Gate) askToSignIn(c *gin.Context) {
	r := c.Request
	part := r.Header.Get("HX-Request") == "true"
	login := LoginURL(pageOf(r))
	c.Header("Cache-Control", "no-store")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		e := ExpiredWrite{LoginURL: login, Part: part, Action: r.URL.RequestURI()}
		if !part {
			e.Fields, e.Missing = keepForm(r)
		}
		g.Expired(c, e)
	case part:
		// A redirect would be followed by the script, and the login page land in the middle of this one.
		c.Header("HX-Redirect", login)
		c.Status(http.StatusUnauthorized)
		c.Writer.WriteHeaderNow()
	default:
		c.Redirect(http.StatusSeeOther, login)
	}
}

// Bounds of a form that is kept.
const (
	keepFields = 1000
	keepBytes  = 256 << 10
	formMemory = 1 << 20 // bytes of a multipart form; files are dropped
)

// keepForm reads what was typed, and tells whether there was more than is kept.
func keepForm(r *http.Request) (fields []FormField, missing bool) {
	missing = r.ParseForm() != nil
	if err := r.ParseMultipartForm(formMemory); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		missing = true
	}
	if r.MultipartForm != nil {
		missing = missing || len(r.MultipartForm.File) > 0
		_ = r.MultipartForm.RemoveAll() // files on disk, if any
	}
	var names []string
	for name := range r.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	size := 0
	for _, name := range names {
		if lower := strings.ToLower(name); strings.Contains(lower, "password") || strings.HasPrefix(lower, "secret_") {
			missing = true
			continue
		}
		for _, value := range r.PostForm[name] {
			size += len(name) + len(value)
			if len(fields) == keepFields || size > keepBytes {
				return fields, true
			}
			fields = append(fields, FormField{name, value})
		}
	}
	return fields, missing
}
