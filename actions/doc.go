// Package actions is the one path by which anything is done to a vendor: a click, a job's step, a rule and the API all
// end here. An action is checked against the operator's rights, the input's limits and what the group type can do;
// recorded in the audit log; sent; read back where the service can be asked; and its outcome recorded per target.
//
// An error from Do, Preview or Undo means that nothing was sent. Whatever happens from the first request on is in the
// Result: partial failure is a result, and so is not knowing.
//
//	result, err := s.Do(ctx, actor, app, actions.Mute{
//		Group: "g1", Users: users, Span: actions.Span{For: time.Hour},
//		Common: actions.Common{Reason: "Advertising", Key: token},
//	})
package actions
