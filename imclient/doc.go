// Package imclient says what imdesk asks of an IM service, in the words of the field and of no vendor: the types, the
// interfaces by area, what each group type can do, and one error type. The packages below it speak to one vendor each.
//
// A Client is one app. Its areas are interfaces, so that callers read app.IM.Groups.List(ctx, options). An area that a
// vendor lacks altogether is never nil: its methods answer ErrUnsupported, and Capabilities says so beforehand.
//
// Ids are strings: one vendor's are strings, the other's exceed 2^53. Reads return one page (List) or one thing (Get,
// or ErrNotFound). Writes return the targets that the service refused, one by one, beside an error for the call as a
// whole; a nil error with refused targets means that the others were done.
//
// Every call honours its context: WithPriority tells a person's click from a job's step, so that the vendor's rate is
// given to people first.
package imclient
