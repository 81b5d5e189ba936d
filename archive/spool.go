package archive

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Bounds of the spool.
const (
	maxSpool  = 1 << 30 // bytes
	spoolLine = 2 << 20 // bytes of one entry
	spoolOnce = 200     // entries brought to the database at once
)

// spool is a file of entries, a line of JSON each, for its owner only: it holds what people wrote.
type spool struct {
	file string
	mu   sync.Mutex
}

// add appends entries, and returns when they are on disk.
func (s *spool) add(entries []Entry) (err error) {
	if s.file == "" {
		return errors.New("there is no spool")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(s.file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err := f.Stat(); err != nil || info.Size() > maxSpool {
		return errors.Join(err, fmt.Errorf("the spool has more than %d bytes", maxSpool))
	}
	w := bufio.NewWriter(f)
	if err := w.WriteByte('\n'); err != nil { // a line that was cut off by a crash ends here
		return err
	}
	enc := json.NewEncoder(w)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// aside moves what is there out of the way of what comes, so that emptying it may take long. What was moved before goes first.
func (s *spool) aside() (*spool, error) {
	if s.file == "" {
		return &spool{}, nil
	}
	moved := &spool{file: s.file + ".aside"}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(moved.file); !errors.Is(err, os.ErrNotExist) {
		return moved, err
	}
	err := os.Rename(s.file, moved.file)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return moved, err
}

// empty gives all entries to keep, in their order, and removes the file once all are kept. What is kept twice after a crash is
// kept once: messages have names. It returns how many were kept.
func (s *spool) empty(keep func([]Entry) error) (kept int, err error) {
	if s.file == "" {
		return 0, nil
	}
	s.mu.Lock() // meanwhile the database takes what comes, or add waits
	defer s.mu.Unlock()
	f, err := os.Open(s.file)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 64<<10)
	var batch []Entry
	give := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := keep(batch); err != nil {
			return err
		}
		kept, batch = kept+len(batch), nil
		return nil
	}
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 && len(line) <= spoolLine {
			var e Entry
			if json.Unmarshal(line, &e) == nil && e.App != "" { // else it was cut off
				batch = append(batch, e)
			}
		}
		if len(batch) == spoolOnce || errors.Is(err, io.EOF) {
			if err := give(); err != nil {
				return kept, err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return kept, err
		}
	}
	return kept, os.Remove(s.file)
}
