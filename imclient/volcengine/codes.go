package volcengine

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"imdesk/imclient"
)

// CodeInfo is one error code of the service.
type CodeInfo struct {
	Code      string // "ConversationNotFound"
	Kind      error  // one of imclient's kinds
	Retry     bool   // the vendor's pages advise to try again; a write only with its idempotency id, or after a look at whether it was carried out
	Unchanged bool   // a refusal: a write that ends with it has changed nothing
	TextKey   string // of its texts: TextKey+".what" says what it means, TextKey+".next" what to do
}

// codes holds every error code of the vendor's pages. The documentation says that it has more than could be named here;
// kindOf judges those by their names and by the HTTP status.
//
// Source: Volcengine RTC, "IM error codes" (doc 412253), "Error codes" (doc 70426), and of the gateway "Common error
// codes" (doc 6369/68677).
var codes = map[string]error{
	// IM.
	"JsonParsingError":                               imclient.ErrInvalid,
	"InvalidParam":                                   imclient.ErrInvalid,
	"AppNotFound":                                    imclient.ErrCredentials,
	"AppStatusException":                             imclient.ErrCredentials,
	"NoAuth":                                         imclient.ErrCredentials,
	"ConversationNotFound":                           imclient.ErrNotFound,
	"ConversationShortIdsHasInvalidElem":             imclient.ErrInvalid,
	"ParticipantNotInConversation":                   imclient.ErrNotFound,
	"ParticipantNotFound":                            imclient.ErrNotFound,
	"MessageNotFound":                                imclient.ErrNotFound,
	"SettingNotFound":                                imclient.ErrNotFound,
	"ConversationParticipantsMoreThanLimit":          imclient.ErrQuota,
	"MoreThanUserConversationLimit":                  imclient.ErrQuota,
	"CreateSingleConversationNeedOtherParticipantId": imclient.ErrInvalid,
	"SingleConversationNotSupport":                   imclient.ErrUnsupported,
	"OnlySingleConversationSupport":                  imclient.ErrUnsupported,
	"LiveConversationNotSupport":                     imclient.ErrUnsupported,
	"OnlyLiveConversationSupport":                    imclient.ErrUnsupported,
	"OwnerShouldBeEqual":                             imclient.ErrInvalid,
	"OnlyOwnerCanOperator":                           imclient.ErrDenied,
	"ManagerMoreThanLimit":                           imclient.ErrQuota,
	"BlockConversationWhiteParticipantMoreThanLimit": imclient.ErrQuota,
	"ConversationMarkTypeMoreThanLimit":              imclient.ErrQuota,
	"UserNotFound":                                   imclient.ErrNotFound,

	// The gateway.
	"MissingParameter":           imclient.ErrInvalid,
	"MissingAuthenticationToken": imclient.ErrCredentials,
	"MissingRequestInfo":         imclient.ErrInvalid,
	"MissingSignature":           imclient.ErrCredentials,
	"InvalidTimestamp":           imclient.ErrCredentials,
	"ServiceNotFound":            imclient.ErrUnsupported,
	"InvalidActionOrVersion":     imclient.ErrUnsupported,
	"InvalidAccessKey":           imclient.ErrCredentials,
	"SignatureDoesNotMatch":      imclient.ErrCredentials,
	"LackPolicy":                 imclient.ErrDenied,
	"AccessDenied":               imclient.ErrDenied,
	"InternalError":              imclient.ErrUnavailable,
	"FailToConnect":              imclient.ErrUnavailable,
	"InternalServiceTimeout":     imclient.ErrUnavailable,
	"FlowLimitExceeded":          imclient.ErrRateLimited,
	"AccountFlowLimitExceeded":   imclient.ErrRateLimited,
	"InvalidAuthorization":       imclient.ErrCredentials,
	"InvalidCredential":          imclient.ErrCredentials,
	"InvalidSecretToken":         imclient.ErrCredentials,
	"LackProjectPolicy":          imclient.ErrDenied,

	// Audio and video calls, which share the host.
	"InvalidParameter":                imclient.ErrInvalid,
	"InvalidParameter.BodyIsEmpty":    imclient.ErrInvalid,
	"InvalidParameter.Unmarshal":      imclient.ErrInvalid,
	"InvalidParameter.NotExistAppId":  imclient.ErrCredentials,
	"InvalidParameter.IllegalAppId":   imclient.ErrCredentials,
	"FlowLimitExceeded.QPSOverLimit":  imclient.ErrRateLimited,
	"AccessDenied.NoPermissionForApp": imclient.ErrCredentials,
	"AccessDenied.ServiceNotEnabled":  imclient.ErrCredentials,
}

// Codes lists every documented code, by name.
func Codes() []CodeInfo {
	var list []CodeInfo
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		kind := codes[code]
		unsure := errors.Is(kind, imclient.ErrUnavailable)
		list = append(list, CodeInfo{
			Code: code, Kind: kind, Retry: unsure || errors.Is(kind, imclient.ErrRateLimited), Unchanged: !unsure,
			TextKey: "volcengine.code." + code,
		})
	}
	return list
}

// kindOf gives the kind of a refusal from its code and its HTTP status. A code that is not documented is judged by what
// its name has in common with the others, then by the status; 200 carries refusals, too. If nothing tells what it means,
// nothing is claimed about what was done.
func kindOf(code string, status int) error {
	if kind, ok := codes[code]; ok {
		return kind
	}
	if strings.Contains(code, "FlowLimitExceeded") {
		return imclient.ErrRateLimited
	}
	if base, _, dotted := strings.Cut(code, "."); dotted {
		return kindOf(base, status)
	}
	switch {
	case strings.HasSuffix(code, "NotFound"), strings.HasSuffix(code, "NotInConversation"):
		return imclient.ErrNotFound
	case strings.Contains(code, "MoreThan"):
		return imclient.ErrQuota
	case strings.HasSuffix(code, "NotSupport"), strings.HasPrefix(code, "Only") && strings.HasSuffix(code, "Support"):
		return imclient.ErrUnsupported
	case strings.HasPrefix(code, "Invalid"), strings.HasPrefix(code, "Missing"):
		return imclient.ErrInvalid
	}
	return statusKind(status)
}

// statusKind judges an answer by its HTTP status alone.
func statusKind(status int) error {
	switch {
	case status == 401:
		return imclient.ErrCredentials
	case status == 403:
		return imclient.ErrDenied
	case status == 404:
		return imclient.ErrNotFound
	case status == 429:
		return imclient.ErrRateLimited
	case status >= 400 && status < 500 && status != 408:
		return imclient.ErrInvalid
	}
	return imclient.ErrUnavailable
}
