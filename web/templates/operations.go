package templates

// OperationsView is what happened in an app day by day.
type OperationsView struct {
	URL       string
	Ranges    []Tab
	CSV       string // address of the numbers as a file
	Files     *ButtonView
	Callbacks ButtonView
	Period    string // which days are shown
	Remark    string // what is not in the charts, and why; "" for nothing
	Sections  []OperationsSection
	Empty     *EmptyView // instead of the sections
	Failed    *Notice    // the numbers could not be had
	RetryURL  string
}

// OperationsSection is charts about one subject.
type OperationsSection struct {
	ID, Title string
	Charts    []ChartView
}
