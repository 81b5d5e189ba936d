package actions

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"imdesk/store"
)

// guard answers with err, and keeps what it was asked.
type guard struct {
	err   error
	asked []Attempt
}

func (g *guard) Clear(_ context.Context, a Attempt) error {
	g.asked = append(g.asked, a)
	return g.err
}

// What the guard does not let through is neither recorded nor sent; what it was asked says all that is needed to do it later.
func TestGuard(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 3)
	ask := &guard{err: &Held{RequestID: "q1"}}
	r.s.Guard = ask
	act := Mute{Common: Common{Reason: "ads", Key: "k1"}, Group: g.id, Users: append([]string{"nobody"}, g.members[:2]...), Span: Span{For: time.Hour}}
	if _, err := r.s.Do(t.Context(), r.actor, r.app, act); !errors.As(err, new(*Held)) {
		t.Fatalf("it was not held: %v", err)
	}
	if n, err := r.store.Audit.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d entries, %v", n, err)
	}
	got := ask.asked[0]
	if got.Verb != VerbMute || got.Size != 2 || got.Group != g.id || got.App != r.app.ID || got.Reason != "ads" || got.Key != "k1" || got.Form == "" {
		t.Errorf("asked %+v", got)
	}
	var p Preview
	if err := json.Unmarshal(got.Plan, &p); err != nil || p.Act != 2 || p.Skipped != 1 || p.Items[1].Want.Text == "" {
		t.Errorf("plan %+v, %v", p, err)
	}
	later, err := DecodeAction(got.Body, got.Key)
	if err != nil || !reflect.DeepEqual(later, Action(act)) {
		t.Fatalf("read back %+v, %v", later, err)
	}

	// With a clearance it is done, once, and the entry tells who stands for it.
	cleared := r.actor
	cleared.Clearance = &Clearance{Request: "q1", By: "op2", ByName: "Wei"}
	done, err := r.s.Do(t.Context(), cleared, r.app, later)
	if err != nil || done.State != store.AuditPartial {
		t.Fatalf("%+v %v", done, err)
	}
	e, err := r.store.Audit.Get(t.Context(), done.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := ReadDetail(e); err != nil || d.Cleared == nil || *d.Cleared != *cleared.Clearance || e.OperatorID != "op1" {
		t.Errorf("detail %+v, %v", d, err)
	}
	// The requester's own second post finds what was done, and the guard is not asked again.
	if again, err := r.s.Do(t.Context(), r.actor, r.app, act); err != nil || !again.Repeated || again.ID != done.ID || len(ask.asked) != 1 {
		t.Errorf("%+v %v, asked %d times", again, err, len(ask.asked))
	}
	// Taking it back is not asked about.
	if undone, err := r.s.Undo(t.Context(), r.actor, r.app, done.ID); err != nil || undone.State != store.AuditOK || len(ask.asked) != 1 {
		t.Errorf("%+v %v, asked %d times", undone, err, len(ask.asked))
	}
}

// Nor is the guard asked where nothing would be done.
func TestGuardIsNotAskedForNothing(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	ask := &guard{err: errors.New("asked")}
	r.s.Guard = ask
	if _, err := r.s.Do(t.Context(), r.actor, r.app, Unmute{Group: g.id, Users: g.members}); err != nil {
		t.Error(err)
	}
}

// fill gives every field that is written down a value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 4, 18, 15, 40, 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value)
		v.SetMapIndex(reflect.ValueOf("k").Convert(v.Type().Key()), value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(7)
	case reflect.Uint, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	}
}

// Every action comes back from writing as it was.
func TestActionsInWriting(t *testing.T) {
	for _, v := range Verbs() {
		t.Run(string(v), func(t *testing.T) {
			read, known := decoders[v]
			if !known {
				t.Fatal("it cannot be read")
			}
			empty, err := read(json.RawMessage(`{}`), "k")
			if err != nil {
				t.Fatal(err)
			}
			full := reflect.New(reflect.TypeOf(empty)).Elem()
			fill(full)
			key := full.FieldByName("Common").FieldByName("Key")
			key.SetString("k")
			a := full.Interface().(Action)
			b, err := EncodeAction(a)
			if err != nil {
				t.Fatal(err)
			}
			got, err := DecodeAction(b, "k")
			if err != nil || !reflect.DeepEqual(got, a) {
				t.Errorf("%+v, %v; want %+v", got, err, a)
			}
		})
	}
	for name, b := range map[string]string{"no JSON": `{`, "no verb": `{}`, "another verb": `{"verb":"x"}`, "no action": `{"verb":"member.mute","action":7}`} {
		if _, err := DecodeAction(json.RawMessage(b), ""); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}
