package handlers

import (
	"context"
	"errors"
	"fmt"

	"imdesk/store"

	"github.com/gin-gonic/gin"
)

// recorded does something of the console's own, which asks nothing of the service, and has it in the audit log before and after.
// e says what; who and from where is filled in.
func (s *Server) recorded(c *gin.Context, e store.AuditEntry, do func() error) error {
	ctx := c.Request.Context()
	by := s.actorIn(c, e.App)
	e.At, e.OperatorID, e.OperatorName, e.Address, e.Request = s.Now(), by.OperatorID, by.Name, by.Address, by.RequestRef
	id, err := s.Store.Audit.Begin(ctx, e)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	err = do()
	out := store.AuditOutcome{At: s.Now(), State: store.AuditOK}
	if err != nil {
		out.State, out.ErrorKind = store.AuditFailed, "internal"
	} else { // what was done is told, however long it took
		c.Request = c.Request.WithContext(context.WithoutCancel(ctx))
	}
	return errors.Join(err, s.Store.Audit.Finish(context.WithoutCancel(ctx), id, out))
}
