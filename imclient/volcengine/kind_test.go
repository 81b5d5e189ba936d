package volcengine_test

import (
	"errors"
	"testing"

	"imdesk/imclient"
)

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
	if e, is := errors.AsType[*imclient.Error](err); !is || e.Vendor != imclient.Volcengine || e.Op == "" {
		t.Errorf("%#v does not say where it comes from", err)
	}
}
