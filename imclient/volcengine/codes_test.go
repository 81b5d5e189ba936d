package volcengine

import (
	"errors"
	"slices"
	"testing"

	"imdesk/imclient"
)

// documented is every code of the vendor's pages, by the part of the service that answers with it.
var documented = map[string][]string{
	"IM": {
		"JsonParsingError", "InvalidParam", "AppNotFound", "AppStatusException", "NoAuth", "ConversationNotFound",
		"ConversationShortIdsHasInvalidElem", "ParticipantNotInConversation", "ParticipantNotFound", "MessageNotFound",
		"SettingNotFound", "ConversationParticipantsMoreThanLimit", "MoreThanUserConversationLimit",
		"CreateSingleConversationNeedOtherParticipantId", "SingleConversationNotSupport", "OnlySingleConversationSupport",
		"LiveConversationNotSupport", "OnlyLiveConversationSupport", "OwnerShouldBeEqual", "OnlyOwnerCanOperator",
		"ManagerMoreThanLimit", "BlockConversationWhiteParticipantMoreThanLimit", "ConversationMarkTypeMoreThanLimit",
		"UserNotFound",
	},
	"gateway": {
		"MissingParameter", "MissingAuthenticationToken", "MissingRequestInfo", "MissingSignature", "InvalidTimestamp",
		"ServiceNotFound", "InvalidActionOrVersion", "InvalidAccessKey", "SignatureDoesNotMatch", "LackPolicy",
		"AccessDenied", "InternalError", "FailToConnect", "InternalServiceTimeout", "FlowLimitExceeded",
		"AccountFlowLimitExceeded", "InvalidAuthorization", "InvalidCredential", "InvalidSecretToken", "LackProjectPolicy",
	},
	"audio and video calls": {
		"InvalidParameter", "InvalidParameter.BodyIsEmpty", "InvalidParameter.Unmarshal", "InvalidParameter.NotExistAppId",
		"InvalidParameter.IllegalAppId", "FlowLimitExceeded.QPSOverLimit", "AccessDenied.NoPermissionForApp",
		"AccessDenied.ServiceNotEnabled",
	},
}

// adviseRetry is every code that may be tried again: flow control, and trouble inside the service.
var adviseRetry = []string{
	"InternalError", "FailToConnect", "InternalServiceTimeout", "FlowLimitExceeded", "AccountFlowLimitExceeded",
	"FlowLimitExceeded.QPSOverLimit",
}

func TestCodesAreTheDocumentedOnes(t *testing.T) {
	seen := map[string]bool{}
	for part, list := range documented {
		for _, code := range list {
			if seen[code] {
				t.Errorf("%s stands twice", code)
			}
			seen[code] = true
			if _, ok := codes[code]; !ok {
				t.Errorf("%s (%s) is documented and not in the table", code, part)
			}
		}
	}
	list := Codes()
	if len(list) != len(seen) {
		t.Errorf("got %d codes, want %d", len(list), len(seen))
	}
	for _, c := range list {
		if !seen[c.Code] {
			t.Errorf("%s is in the table and not documented", c.Code)
		}
		if c.TextKey != "volcengine.code."+c.Code {
			t.Errorf("%s has its texts at %s", c.Code, c.TextKey)
		}
		if slices.Contains(adviseRetry, c.Code) != c.Retry {
			t.Errorf("%s: retry is %t", c.Code, c.Retry)
		}
		if unsure := errors.Is(c.Kind, imclient.ErrUnavailable); c.Unchanged == unsure {
			t.Errorf("%s is %v and unchanged is %t", c.Code, c.Kind, c.Unchanged)
		}
	}
}

func TestKindOf(t *testing.T) {
	tests := []struct {
		name   string
		code   string
		status int
		want   error
	}{
		{"a conversation that does not exist", "ConversationNotFound", 400, imclient.ErrNotFound},
		{"the same with status 200", "ConversationNotFound", 200, imclient.ErrNotFound},
		{"a wrong secret", "SignatureDoesNotMatch", 401, imclient.ErrCredentials},
		{"a clock that is wrong", "InvalidTimestamp", 400, imclient.ErrCredentials},
		{"the key has no right", "LackPolicy", 403, imclient.ErrDenied},
		{"an app that does not exist is no bad value", "InvalidParameter.NotExistAppId", 400, imclient.ErrCredentials},
		{"too many calls", "FlowLimitExceeded", 429, imclient.ErrRateLimited},
		{"too many calls with status 200", "AccountFlowLimitExceeded", 200, imclient.ErrRateLimited},

		{"unknown, of flow control", "ActionFlowLimitExceeded.Burst", 400, imclient.ErrRateLimited},
		{"unknown, with a known part before the dot", "InternalError.Redis", 200, imclient.ErrUnavailable},
		{"unknown, with an unknown part before the dot", "MissingThing.Part", 500, imclient.ErrInvalid},
		{"unknown, something is missing", "MarkNotFound", 400, imclient.ErrNotFound},
		{"unknown, somebody is not there", "ManagerNotInConversation", 400, imclient.ErrNotFound},
		{"unknown, a limit", "LiveConversationMoreThanLimit", 400, imclient.ErrQuota},
		{"unknown, a type", "RobotNotSupport", 400, imclient.ErrUnsupported},
		{"unknown, another type", "OnlyRobotSupport", 400, imclient.ErrUnsupported},
		{"unknown, a value", "InvalidMarkType", 400, imclient.ErrInvalid},
		{"unknown name, unauthorized", "Strange", 401, imclient.ErrCredentials},
		{"unknown name, forbidden", "Strange", 403, imclient.ErrDenied},
		{"unknown name, not found", "Strange", 404, imclient.ErrNotFound},
		{"unknown name, too many requests", "Strange", 429, imclient.ErrRateLimited},
		{"unknown name, bad request", "Strange", 400, imclient.ErrInvalid},
		{"unknown name, request timeout", "Strange", 408, imclient.ErrUnavailable},
		{"unknown name, server error", "Strange", 500, imclient.ErrUnavailable},
		{"unknown name, no hint at all", "Strange", 200, imclient.ErrUnavailable},
		{"no code", "", 503, imclient.ErrUnavailable},
		{"nothing but dots", "...", 200, imclient.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kindOf(tt.code, tt.status); !errors.Is(got, tt.want) {
				t.Errorf("kindOf(%q, %d) = %v, want %v", tt.code, tt.status, got, tt.want)
			}
		})
	}
}
