package tencent

import (
	"context"
	"errors"
	"time"

	"imdesk/imclient"
)

// maxSkew is how far our clock may be off: a signature from the future, or dead at birth, is not worth guessing about.
const maxSkew = time.Minute

// check asks after the administrator's own account: a cheap read that every app has, and that says nothing of users.
func (c *client) check(ctx context.Context) imclient.Health {
	ctx = withOp(ctx, "check")
	var r report
	err := c.api.checkAdministrator(ctx, &r)
	h := imclient.Health{Latency: r.latency, Err: err}
	if !r.at.IsZero() {
		h.Reachable = imclient.HealthGood
	}
	if !r.date.IsZero() {
		// The header has whole seconds and was written when the answer left.
		h.ClockSkew = r.at.Add(-r.latency / 2).Sub(r.date).Truncate(time.Second)
		h.Clock = imclient.HealthGood
		if h.ClockSkew.Abs() > maxSkew {
			h.Clock = imclient.HealthBad
		}
	}
	if err == nil {
		h.Key, h.Administrator = imclient.HealthGood, imclient.HealthGood
		return h
	}
	e := asError(ctx, err)
	switch e.Code {
	case "":
		if h.Reachable != imclient.HealthGood && !errors.Is(err, imclient.ErrRateLimited) {
			h.Reachable = imclient.HealthBad
		}
	case "70001": // a signature that we made for a week is expired
		h.Clock = imclient.HealthBad
	case "70009", "70003", "70005", "70016", "60005", "70050":
		h.Key = imclient.HealthBad
	case "70013":
		h.Administrator = imclient.HealthBad
	case "60010", "90009", "70403", "10001":
		h.Key, h.Administrator = imclient.HealthGood, imclient.HealthBad
	case "60004": // "account or signature wrong"
		h.Key, h.Administrator = imclient.HealthBad, imclient.HealthBad
	}
	return h
}

// checkAdministrator calls account_check for the administrator and reports on the exchange.
func (a *API) checkAdministrator(ctx context.Context, r *report) error {
	body, err := encode(AccountCheckRequest{CheckItem: []UserID{{a.cfg.Administrator}}})
	if err != nil {
		return asError(ctx, err)
	}
	return a.do(ctx, request{command: accountCheck.Command, body: body, report: r}, func(data []byte) verdict {
		return judge(data, new(AccountCheckAnswer))
	})
}
