package tencent

import "context"

var (
	forbidIllegalObject = command[RawURL, Done](fileSvc, "forbid_illegal_object", writes, rateDefault, "")
	allowBannedObject   = command[RawURL, Done](fileSvc, "allow_banned_object", writes, rateDefault, "")
	getCosSig           = command[GetCosSigRequest, GetCosSigAnswer](fileSvc, "get_cos_sig", reads, rateDefault, "")
)

// fileSvc is the service of files that were sent in messages.
const fileSvc = "im_cos_msg"

// RawURL is the address of a file as it stands in a message.
type RawURL struct{ RawURL string }

// ForbidIllegalObject makes that nobody can fetch a file of a message. Codes: 60003, 60009 and others of the gateway.
//
// Source: Tencent Cloud Chat REST API, im_cos_msg/forbid_illegal_object.
func (a *API) ForbidIllegalObject(ctx context.Context, q *RawURL) (*Done, error) {
	return call(ctx, a, forbidIllegalObject, q)
}

// AllowBannedObject lets a file be fetched again. Codes as ForbidIllegalObject.
//
// Source: Tencent Cloud Chat REST API, im_cos_msg/allow_banned_object.
func (a *API) AllowBannedObject(ctx context.Context, q *RawURL) (*Done, error) {
	return call(ctx, a, allowBannedObject, q)
}

// GetCosSigRequest names files by addresses, each with a number of the caller's.
type GetCosSigRequest struct{ RawURLs []NumberedURL }

// NumberedURL is one.
type NumberedURL struct {
	ResourceID int64
	RawURL     string
}

// GetCosSigAnswer has an address for each file under which it can be fetched for 15 minutes, blocked or not.
type GetCosSigAnswer struct {
	Envelope
	PreSigURLs []PreSigURL
}

// PreSigURL is one. Status: 0 normal, 1 blocked, 2 missing.
type PreSigURL struct {
	ResourceID Int
	Code       Int
	Desc       Str
	PreSigURL  Str
	Status     Int
}

// GetCosSig signs addresses of files, for a look at what was blocked. Codes as ForbidIllegalObject.
//
// Source: Tencent Cloud Chat REST API, im_cos_msg/get_cos_sig.
func (a *API) GetCosSig(ctx context.Context, q *GetCosSigRequest) (*GetCosSigAnswer, error) {
	return call(ctx, a, getCosSig, q)
}
