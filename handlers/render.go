package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
)

// wantsPart reports whether htmx asked for a part of the page. Boosted links and history restores want the page.
func wantsPart(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }

// isHTMX reports whether htmx sent the request, for a part or for a page.
func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is the size up to which a buffer is kept for the next page.
const maxPooled = 1 << 20

// render answers with page, or with part alone if htmx asked for it and there is one. The answer is made in full before
// its first byte is sent, so that an error in a template is an error page and not half a page.
func render(c *gin.Context, status int, page, part templ.Component) error {
	what := page
	if part != nil && wantsPart(c.Request) {
		what = part
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= maxPooled {
			buffers.Put(buf)
		}
	}()
	// A request whose time is up still gets its page, which says so.
	if err := what.Render(context.WithoutCancel(c.Request.Context()), buf); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Add("Vary", "HX-Request-Type")
	c.Writer.WriteHeader(status)
	if c.Request.Method == http.MethodHead {
		return nil
	}
	if _, err := c.Writer.Write(buf.Bytes()); err != nil {
		return errGone{err} // the browser went away; there is nobody to tell
	}
	return nil
}

// errGone is a failure to send to somebody who no longer listens.
type errGone struct{ error }

func (e errGone) Unwrap() error { return e.error }

// seeOther answers a form: the browser goes on to url with GET. For htmx the whole page changes.
func seeOther(c *gin.Context, url string) error {
	if isHTMX(c.Request) {
		c.Header("HX-Redirect", url)
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
		return nil
	}
	c.Redirect(http.StatusSeeOther, url)
	return nil
}
