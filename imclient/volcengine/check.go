package volcengine

import (
	"context"
	"errors"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// maxSkew is how far our clock may be off: the service refuses signatures that are 15 minutes old.
const maxSkew = 5 * time.Minute

// check asks after a user whom every app could have: a cheap read that says nothing of anybody.
func (c *client) check(ctx context.Context) imclient.Health {
	ctx = withOp(ctx, "check")
	var r report
	err := c.api.checkApp(ctx, &r)
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
	switch calls.AsError(ctx, err).Code {
	case "":
		if h.Reachable != imclient.HealthGood && !errors.Is(err, imclient.ErrRateLimited) {
			h.Reachable = imclient.HealthBad
		}
	case "InvalidTimestamp":
		h.Clock = imclient.HealthBad
	case "SignatureDoesNotMatch", "InvalidAccessKey", "InvalidSecretToken", "InvalidCredential", "InvalidAuthorization":
		h.Key = imclient.HealthBad
	case "AppNotFound", "AppStatusException", "NoAuth", "LackPolicy", "LackProjectPolicy", "AccessDenied",
		"AccessDenied.NoPermissionForApp", "AccessDenied.ServiceNotEnabled", "InvalidParameter.NotExistAppId", "InvalidParameter.IllegalAppId":
		h.Key, h.Administrator = imclient.HealthGood, imclient.HealthBad // the account may not use this app
	}
	return h
}

// checkApp calls BatchGetUser and reports on the exchange.
func (a *API) checkApp(ctx context.Context, r *report) error {
	body, err := encode(a.appID, false, &BatchGetUserRequest{UserIds: []ID{"1"}})
	if err != nil {
		return calls.AsError(ctx, err)
	}
	return a.do(ctx, request{action: batchGetUser.Action, body: body, report: r}, func(data []byte) verdict {
		return judge(data, new(BatchGetUserResult))
	})
}
