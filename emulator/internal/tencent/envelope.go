package tencent

import (
	"bytes"
	"encoding/json"
	"errors"
)

// reply is a result with an envelope that differs from the usual one.
type reply struct {
	status string // "" = OK
	info   string
	body   any
}

type envelope struct {
	ActionStatus string `json:",omitempty"`
	ErrorInfo    string
	ErrorCode    int
}

// success is the envelope of a call that worked, with the fields of result (a struct, a map or nil) in it. bare leaves out
// ActionStatus.
func success(bare bool, result any) ([]byte, error) {
	env := envelope{ActionStatus: "OK"}
	if r, ok := result.(reply); ok {
		if env.ErrorInfo, result = r.info, r.body; r.status != "" {
			env.ActionStatus = r.status
		}
	}
	if bare {
		env.ActionStatus = ""
	}
	return join(env, result)
}

// failure is the envelope of a call that was refused.
func failure(bare bool, err error) []byte {
	env := envelope{ActionStatus: "FAIL", ErrorInfo: "internal error", ErrorCode: 60013}
	var body any
	var r *refusal
	if errors.As(err, &r) {
		env.ErrorInfo, env.ErrorCode, body = r.info, r.code, r.body
	}
	if bare {
		env.ActionStatus = ""
	}
	b, err := join(env, body)
	if err != nil { // body is ours: it always encodes
		panic(err)
	}
	return b
}

// join writes env and the fields of body as one JSON object.
func join(env envelope, body any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(env); err != nil || body == nil {
		return bytes.TrimSpace(out.Bytes()), err
	}
	cut := out.Len() - len("}\n")
	if err := enc.Encode(body); err != nil {
		return nil, err
	}
	b := out.Bytes()
	rest := b[cut+len("}\n")+len("{"):] // the fields of body and its closing brace
	b = b[:cut]
	if len(rest) > len("}\n") {
		b = append(b, ',')
	}
	return bytes.TrimSpace(append(b, rest...)), nil
}
