package imclient

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestCompleteLeavesNoAreaNil calls every method of every area that a vendor may lack.
func TestCompleteLeavesNoAreaNil(t *testing.T) {
	c := &Client{Vendor: Volcengine}
	c.Complete()
	areas := 0
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type.Kind() != reflect.Interface {
			continue
		}
		switch field.Name {
		case "Groups", "Members", "Messages", "Mutes", "Users", "Raw": // every vendor has these
			continue
		}
		if v.Field(i).IsNil() {
			t.Errorf("%s is nil", field.Name)
			continue
		}
		areas++
		for m := range field.Type.NumMethod() {
			callUnsupported(t, v.Field(i), field.Type.Method(m))
		}
	}
	if areas < 13 {
		t.Errorf("%d areas", areas)
	}
}

func callUnsupported(t *testing.T, area reflect.Value, m reflect.Method) {
	t.Helper()
	var args []reflect.Value
	for i := range m.Type.NumIn() {
		if m.Type.IsVariadic() && i == m.Type.NumIn()-1 {
			break
		}
		if m.Type.In(i) == reflect.TypeFor[context.Context]() {
			args = append(args, reflect.ValueOf(t.Context()))
			continue
		}
		args = append(args, reflect.Zero(m.Type.In(i)))
	}
	results := area.MethodByName(m.Name).Call(args)
	last := results[len(results)-1]
	if last.Kind() == reflect.Func { // an iterator: its error comes with the first thing
		for _, second := range last.Seq2() {
			last = second
			break
		}
	}
	err, _ := last.Interface().(error)
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrUnsupported) || e.Vendor != Volcengine || e.Sent || !strings.Contains(e.Op, ".") {
		t.Errorf("%s answers %#v, want ErrUnsupported", m.Name, err)
	}
}

// TestCompleteKeepsWhatIsThere: an area of the vendor's own is not replaced.
func TestCompleteKeepsWhatIsThere(t *testing.T) {
	own := noFriends{Tencent}
	c := &Client{Vendor: Volcengine, Friends: own}
	c.Complete()
	if c.Friends != own {
		t.Error("the vendor's own friends are gone")
	}
}
