package auth

import (
	"maps"
	"slices"
	"testing"
)

// Each right is either of the console as a whole, where a role in single apps never gives it, or of an app. This is the whole
// list of the former: a verb that is added is of an app unless it is added here.
func TestVerbsOfTheConsole(t *testing.T) {
	t.Parallel()
	want := []Verb{VerbFactors, VerbOperators, VerbPrivacy, VerbSelf, VerbSettings, VerbTokens}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(ofConsole)); !slices.Equal(got, want) {
		t.Fatalf("of the console are %v, want %v", got, want)
	}
	o := Operator{ID: "o", rights: rightsOf(nil)}
	o.rights.apps["demo"] = setOf(Verbs())
	for _, v := range Verbs() {
		own := v == VerbSelf || v == VerbFactors // everybody's
		switch of := OfConsole(v); {
		case own:
		case of && (o.Can(v) || o.CanIn("demo", v)):
			t.Errorf("%s belongs to no app, and a role in one gives it", v)
		case !of && (!o.Can(v) || !o.CanIn("demo", v) || o.CanIn("study", v) || o.Everywhere(v)):
			t.Errorf("%s belongs to an app, and a role in one does not give it there alone", v)
		}
	}
}
