package templates

// WorkView is what one operator did.
type WorkView struct {
	Person PersonView
	Ranges []Tab
	LogURL string // all entries of the operator
	Chart  ChartView
	Rows   []WorkRow // the most frequent first
}

// WorkRow is how often something was done.
type WorkRow struct{ Action, Times, URL string }
