// Package tencent speaks to Tencent Cloud Chat (IM) by its server REST API v4.
//
// It has two layers. API has one typed method for each of the vendor's commands and nothing of our own: requests and
// answers carry the vendor's field names. New builds an imclient.Client on top of it, in the words of the field.
//
// What both share sits below: the signature, the hosts, the rates, the table of codes. In short:
//
//   - The outcome is the ErrorCode in the body. The HTTP status is 200 for refusals too.
//   - Reads are repeated after ErrUnavailable and ErrRateLimited. Writes are repeated only if the request provably did
//     not leave, on the other host, or if the gateway turned it away before it was carried out: 60007 and 60011 (rate),
//     and 70001 (signature expired) once there is a newer one.
//   - Each command has its documented rate. Calls wait in line for it, a person's before a job's.
//   - Answers are read tolerantly: unknown fields, null for lists, numbers as strings, old and new names of one field.
package tencent
