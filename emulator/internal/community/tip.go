package community

import (
	"bytes"
	"encoding/json"
	"strings"
)

// System is the sender of notices.
const System = "@TIM#SYSTEM"

// TipBody is the body of a notice that operator did op, such as JoinGroup, to members, or changed info.
func TipBody(op, operator string, members []string, info map[string]string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode([]any{struct {
		OpType          string
		OperatorAccount string            `json:"Operator_Account"`
		MemberAccount   []string          `json:"Member_Account,omitempty"`
		GroupInfo       map[string]string `json:",omitempty"`
	}{op, operator, members, info}}); err != nil { // strings always encode
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
