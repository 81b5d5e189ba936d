package actions

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
)

// FileID is what a file of an hour's messages is called, since its address is a secret: its sum, or its place in the list.
func FileID(list []imclient.HistoryFile, i int) string {
	for _, id := range []string{list[i].PackedMD5, list[i].MD5} {
		if id != "" {
			return id
		}
	}
	return strconv.Itoa(i)
}

// fileWork records that a file is read. Nothing is sent.
type fileWork struct {
	asked ReadHistoryFile
	file  imclient.HistoryFile
}

func (w *fileWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbHistoryFiles); err != nil {
		return err
	}
	list, err := p.app.IM.HistoryFiles.List(ctx, w.asked.Kind, w.asked.Hour)
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	i := slices.IndexFunc(list, func(f imclient.HistoryFile) bool { return FileID(list, slices.Index(list, f)) == w.asked.File })
	if i < 0 {
		return &imclient.Error{Op: "history_files.list", Vendor: p.app.IM.Vendor, Kind: imclient.ErrNotFound}
	}
	w.file = list[i]
	item := Item{ID: string(w.asked.Kind) + " " + w.asked.Hour.UTC().Format("2006-01-02T15Z"), Effect: EffectFileRead}
	if w.asked.Download {
		item.Effect = EffectFileDownloaded
	}
	p.items = []Item{item}
	return nil
}

func (w *fileWork) send(context.Context, *plan) sent { return sent{} }

// read: there is nothing to look at.
func (w *fileWork) read(context.Context, *plan) (map[string]Value, error) { return nil, nil }

func (w *fileWork) matches(Value, Value, time.Time) bool { return false }

// settled: whoever may read the file has been told so; nothing is left to be verified.
func (w *fileWork) settled(i *Item, _ answer) { i.State, i.Reason = StateApplied, "" }

func (w *fileWork) requestID() string { return "" }

func (w *fileWork) targets(*plan) (users, messages []string) { return nil, nil }

func (w *fileWork) options() map[string]any {
	return map[string]any{
		"kind": string(w.asked.Kind), "hour": w.asked.Hour.UTC().Format(time.RFC3339), "file": w.asked.File, "bytes": w.file.PackedSize, "download": w.asked.Download,
	}
}
