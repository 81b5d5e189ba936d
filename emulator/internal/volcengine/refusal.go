package volcengine

import (
	"errors"
	"fmt"
	"net/http"

	"imdesk/emulator/internal/community"
)

// refusal is an error of the API. Those of the gateway have numbers and statuses that are documented; for those of IM itself
// each has a number of ours, above 200000, and status 400. Open: the vendor's numbers and statuses of IM errors.
type refusal struct {
	code    string
	codeN   int
	status  int
	message string // may have verbs for with
	im      bool   // of IM, not of the gateway
	quiet   bool   // is sent with HTTP 200
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

// with fills the verbs of the message.
func (e *refusal) with(args ...any) *refusal {
	c := *e
	c.message = fmt.Sprintf(e.message, args...)
	return &c
}

// say replaces the message.
func (e *refusal) say(format string, args ...any) *refusal {
	c := *e
	c.message = fmt.Sprintf(format, args...)
	return &c
}

// Is makes copies by with and say equal to what they were made of.
func (e *refusal) Is(target error) bool {
	t, ok := target.(*refusal)
	return ok && t.code == e.code
}

var refusals []*refusal

func gateway(code string, codeN, status int, message string) *refusal {
	r := &refusal{code: code, codeN: codeN, status: status, message: message}
	refusals = append(refusals, r)
	return r
}

func im(code string, codeN int, message string) *refusal {
	r := &refusal{code: code, codeN: codeN, status: http.StatusBadRequest, message: message, im: true}
	refusals = append(refusals, r)
	return r
}

// Errors of the gateway. Source: common error codes, doc 6369/68677. Open: the numbers of the last three.
var (
	errMissingParameter     = gateway("MissingParameter", 100002, http.StatusBadRequest, "The request is missing %s parameter.")
	_                       = gateway("MissingAuthenticationToken", 100003, http.StatusUnauthorized, "Request is missing Authentication Token")
	_                       = gateway("MissingRequestInfo", 100004, http.StatusBadRequest, "The request is missing %s information.")
	errMissingSignature     = gateway("MissingSignature", 100005, http.StatusUnauthorized, "The request is missing signature.")
	errTimestamp            = gateway("InvalidTimestamp", 100006, http.StatusBadRequest, "The Signature of the request is expired.")
	_                       = gateway("ServiceNotFound", 100007, http.StatusNotFound, "This service[rtc] not found.")
	errUnknownAction        = gateway("InvalidActionOrVersion", 100008, http.StatusNotFound, "Could not find operation %s for version %s.")
	errAccessKey            = gateway("InvalidAccessKey", 100009, http.StatusUnauthorized, "The accesskey [%s] included in the request is invalid.")
	errSignature            = gateway("SignatureDoesNotMatch", 100010, http.StatusUnauthorized, "The request signature we calculated does not match the signature you provided. Check your Secret Access Key and signing method. Consult the service documentation for details.")
	_                       = gateway("LackPolicy", 100012, http.StatusForbidden, "Request was rejected because of lack of policy.")
	_                       = gateway("AccessDenied", 100013, http.StatusForbidden, "User is not authorized to perform: rtc on resource: *.")
	errInternal             = gateway("InternalError", 100014, http.StatusInternalServerError, "Service has some internal Error. Pls Contact With Admin.")
	_                       = gateway("FailToConnect", 100015, http.StatusBadGateway, "Top Fail to Connect to Internal Service.")
	_                       = gateway("InternalServiceTimeout", 100016, http.StatusGatewayTimeout, "Internal Service is timeout. Pls Contact With Admin.")
	errFlowLimit            = gateway("FlowLimitExceeded", 100018, http.StatusTooManyRequests, "Request was rejected because the request speed of this openAPI is beyond the current flow control limit.")
	_                       = gateway("AccountFlowLimitExceeded", 100027, http.StatusTooManyRequests, "Request was rejected because the request speed of this openAPI is beyond the current flow control limit.")
	errInvalidAuthorization = gateway("InvalidAuthorization", 100028, http.StatusBadRequest, "Invalid 'Authorization' header, Pls check authorization header.")
	errInvalidCredential    = gateway("InvalidCredential", 100029, http.StatusBadRequest, "Invalid credential in 'Authorization', Pls check credential in authorization header.")
	errSecretToken          = gateway("InvalidSecretToken", 100030, http.StatusUnauthorized, "Invalid secret token, msg: %s.")
)

// Errors of IM. Source: IM error codes, doc 412253.
var (
	errJSON                = im("JsonParsingError", 200001, "body is not valid JSON")
	errInvalidParam        = im("InvalidParam", 200002, "invalid param")
	errAppNotFound         = im("AppNotFound", 200003, "app not found")
	_                      = im("AppStatusException", 200004, "app status exception")
	errNoAuth              = im("NoAuth", 200005, "no auth")
	errNoConversation      = im("ConversationNotFound", 200006, "conversation not found")
	errBadConversationID   = im("ConversationShortIdsHasInvalidElem", 200007, "conversation short ids has invalid elem")
	errNotParticipant      = im("ParticipantNotInConversation", 200008, "participant not in conversation")
	_                      = im("ParticipantNotFound", 200009, "participant not found")
	errMessageNotFound     = im("MessageNotFound", 200010, "message not found")
	errSettingNotFound     = im("SettingNotFound", 200011, "setting not found")
	errTooManyParticipants = im("ConversationParticipantsMoreThanLimit", 200012, "conversation participants more than limit")
	errTooManyOfUser       = im("MoreThanUserConversationLimit", 200013, "more than user conversation limit")
	errNeedOther           = im("CreateSingleConversationNeedOtherParticipantId", 200014, "create single conversation need other participant id")
	errNotSingle           = im("SingleConversationNotSupport", 200015, "single conversation not support")
	_                      = im("OnlySingleConversationSupport", 200016, "only single conversation support")
	errNotLive             = im("LiveConversationNotSupport", 200017, "live conversation not support")
	errOnlyLive            = im("OnlyLiveConversationSupport", 200018, "only live conversation support")
	errOwner               = im("OwnerShouldBeEqual", 200019, "owner should be equal")
	errOnlyOwner           = im("OnlyOwnerCanOperator", 200020, "only owner can operator")
	errTooManyManagers     = im("ManagerMoreThanLimit", 200021, "manager more than limit")
	errTooManyWhite        = im("BlockConversationWhiteParticipantMoreThanLimit", 200022, "block conversation white participant more than limit")
	errTooManyMarks        = im("ConversationMarkTypeMoreThanLimit", 200023, "conversation mark type more than limit")
	errUserNotFound        = im("UserNotFound", 200024, "user not found")
)

// translate gives the community's errors their codes; what it does not know is trouble inside.
func translate(err error) *refusal {
	switch {
	case errors.Is(err, community.ErrNoConversation):
		return errNoConversation
	case errors.Is(err, community.ErrNotMember):
		return errNotParticipant
	case errors.Is(err, community.ErrNoMessage):
		return errMessageNotFound
	}
	return errInternal
}

// numbered returns the error with the number; one nobody knows is trouble inside by that number.
func numbered(codeN int) *refusal {
	for _, r := range refusals {
		if r.codeN == codeN {
			return r
		}
	}
	r := *errInternal
	r.codeN = codeN
	return &r
}

// failedItem is one item of a batch that failed.
type failedItem struct {
	UserId  int64
	Code    string
	Message string
}

func (e *refusal) item(user int64) failedItem { return failedItem{user, e.code, e.message} }
