package templates

// NumbersView is the queue in numbers.
type NumbersView struct {
	Queue  Link
	Ranges []Tab
	Apps   []Tab // none where there is one app
	CSV    string
	Charts []ChartView
	Tables []NumbersTable
}

// NumbersTable says how many verdicts were reversed, by rule or by operator.
type NumbersTable struct {
	ID, Title, Who string
	Rows           []NumbersRow
}

// NumbersRow is one rule, or one operator. Part is the share that was reversed, 0 to 100.
type NumbersRow struct {
	Name, All, Back, Share string
	Part                   int
}
