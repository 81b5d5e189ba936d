package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// How the files are read that a service makes of each hour's messages.
const (
	filesEach  = 10 * time.Minute   // between two looks for new ones
	filesBack  = 24                 // hours
	filesLate  = 6 * time.Hour      // after its end an hour without a file has none
	filesTime  = 30 * time.Minute   // for one hour
	filesBatch = 500                // messages kept at once
	filesKept  = 8 * 24 * time.Hour // how long it is remembered that an hour was read; services keep files for a week
)

// files reads the files of the last day's hours that no console has read yet. Two that read the same at the same time do no harm.
func (k *Keeper) files(ctx context.Context) {
	now := k.Now()
	for app, p := range k.Policies() {
		im := k.service(app)
		if !p.Files || k.Marks == nil || im == nil || !im.Caps.Can(imclient.VerbHistoryFiles, "") {
			continue
		}
		kinds := []imclient.HistoryKind{}
		if p.Groups {
			kinds = append(kinds, imclient.HistoryGroups)
		}
		if p.Direct {
			kinds = append(kinds, imclient.HistoryDirect)
		}
		for back := filesBack; back > 0 && ctx.Err() == nil; back-- {
			hour := now.UTC().Truncate(time.Hour).Add(-time.Duration(back) * time.Hour)
			for _, kind := range kinds {
				if err := k.hour(ctx, app, im, kind, hour, now); err != nil && ctx.Err() == nil {
					k.Log.Warn("a file of messages cannot be read yet", "app", app, "kind", string(kind), "hour", hour, "error", err)
				}
			}
		}
	}
}

// hour reads the files of an hour, unless that was done.
func (k *Keeper) hour(ctx context.Context, app string, im *imclient.Client, kind imclient.HistoryKind, hour, now time.Time) error {
	mark := fmt.Sprintf("archive file %s %s %s", app, kind, hour.Format(time.RFC3339))
	_, err := k.Marks.Get(ctx, mark, now)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	n, err := k.ReadHour(ctx, app, im, kind, hour)
	if errors.Is(err, imclient.ErrNotFound) {
		if now.Sub(hour) < filesLate {
			return nil // it may come
		}
		err = nil
	}
	if err != nil {
		return err
	}
	if n > 0 {
		k.Log.Info("files of messages were read", "app", app, "kind", string(kind), "hour", hour, "messages", n)
	}
	_, err = k.Marks.Add(ctx, mark, []byte("read"), now.Add(filesKept))
	return err
}

// ReadHour reads the files of an hour into the archive, as far as what is in them is to be kept, and returns how many messages that
// are. ErrNotFound if there are none.
func (k *Keeper) ReadHour(ctx context.Context, app string, im *imclient.Client, kind imclient.HistoryKind, hour time.Time) (n int, err error) {
	k.init()
	ctx, cancel := context.WithTimeout(imclient.WithPriority(ctx, imclient.PriorityJob), filesTime)
	defer cancel()
	list, err := im.HistoryFiles.List(ctx, kind, hour)
	if err != nil {
		return 0, err
	}
	var batch []Entry
	keep := func() error {
		if len(batch) == 0 {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, 10*writeTime)
		defer cancel()
		err := k.keep(ctx, batch)
		n, batch = n+len(batch), nil
		return err
	}
	for _, f := range list {
		for m, err := range im.HistoryFiles.Messages(ctx, f) {
			if err != nil {
				return n, err
			}
			place := PlaceOf(app, m.Conversation)
			if !k.KeepsPlace(place) {
				continue
			}
			if e := k.history(place, []imclient.Message{m.Message}, FromFile); len(e.Said) > 0 {
				batch = append(batch, e)
			}
			if len(batch) == filesBatch {
				if err := keep(); err != nil {
					return n, err
				}
			}
		}
	}
	return n, keep()
}
