package templates

import "time"

// WaveView is a wave on its card.
type WaveView struct {
	NewsURL string // of the counts; asked for when there are news
	Growing bool
	Figures []JobFigure
	Texts   []WaveLine
	Groups  []WaveLine
	More    string // groups that are not shown; "" for none
	Senders []WaveSender
	Shown   string // how many of the senders are shown
	Clean   string // address of the sheet; "" if nobody can clean it up here
	Reports []Link
}

// WaveLine is a text or a group with how often.
type WaveLine struct {
	Text, URL string
	N         string
	Live      bool
}

// WaveSender is who said it.
type WaveSender struct {
	ID, Name, URL string
	N             string
	Chips         []ChipView
	Spare         bool // ticked: left out
}

// WaveSheet asks what is to be done about a wave, with what will come of it.
type WaveSheet struct {
	Action, Back string
	Hidden       []string
	Title        string
	Notice       *Notice
	Lines        []EffectLine
	Recall       Option
	RecallOn     bool
	Mute         FieldView
	Mutes        []Option
	Tight        FieldView
	Tights       []Option
	Follow       Option
	FollowOn     bool
	Reason       FieldView
	Submit       string
}

// WaveReport is what was done about a wave.
type WaveReport struct {
	Crumbs  []Link
	Title   string
	Said    string // by whom
	Made    time.Time
	Poll    string // address to ask again; "" once nothing moves
	Refresh string
	Notices []Notice
	Figures []JobFigure
	Parts   []WavePart
	Fails   []WaveItem
	Items   []WaveItem
	Shown   string
	CSV     string
	Reverse *JobButton
}

// WavePart is one job of it.
type WavePart struct {
	Text, URL string
	Counts    string
	Chip      ChipView
	Back      Link // the job that takes it back
	Why       string
}

// WaveItem is one thing that was done, or not.
type WaveItem struct{ What, Group, Target, State, Why, Tone string }

func waveColumns(texts ...string) (list []Column) {
	for _, t := range texts {
		list = append(list, Column{Text: t})
	}
	return list
}
