package tencent

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imdesk/emulator/internal/community"
)

const fileService = "im_cos_msg"

var fileCommands = []command{
	{service: fileService, name: "forbid_illegal_object", rate: 200, run: forbidFile},
	{service: fileService, name: "allow_banned_object", rate: 200, run: allowFile},
	{service: fileService, name: "get_cos_sig", rate: 200, run: signFiles},
}

const (
	maxFiles    = 20 // of a get_cos_sig
	maxFileURL  = 2048
	fileLink    = 15 * time.Minute
	fileNormal  = 0
	fileBlocked = 1
	fileMissing = 2
)

// fileAddress is a file's address without what was added to it to sign it.
func fileAddress(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(raw) > maxFileURL {
		return "", false
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String(), true
}

// file reads RawURL.
func (f *fields) file() string {
	address, ok := fileAddress(f.str("RawURL"))
	if !ok {
		f.fail("RawURL", "is no address of a file")
	}
	return address
}

// forbidFile is forbid_illegal_object: who asks for the file is turned away.
func forbidFile(c *call) (any, error) { return c.blockFile(true) }

// allowFile is allow_banned_object.
func allowFile(c *call) (any, error) { return c.blockFile(false) }

func (c *call) blockFile(on bool) (any, error) {
	address := c.file()
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error { return tx.BlockMedia(c.app, address, on) })
}

type signedFile struct {
	ResourceID int64
	Code       int
	Desc       string
	PreSigURL  string
	Status     int
}

// signFiles is get_cos_sig: addresses that work for 15 minutes, blocked or not. Of files elsewhere the emulator knows no
// more than their address: they count as there.
func signFiles(c *call) (any, error) {
	objs := c.objs("RawURLs", maxFiles, codeGroupField)
	files := make([]signedFile, len(objs))
	addresses := make([]string, len(objs))
	for i, o := range objs {
		files[i].ResourceID, addresses[i] = o.num("ResourceID", 0, maxU32), o.file()
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	db := c.read()
	for i, address := range addresses {
		f := &files[i]
		path, ours := strings.CutPrefix(address, MediaBase)
		if ours && (c.s.HasMedia == nil || !c.s.HasMedia(path)) {
			f.Status, f.Desc = fileMissing, "the file does not exist"
			continue
		}
		blocked, err := db.MediaBlocked(c.app, address)
		if err != nil {
			return nil, err
		}
		if f.Status = fileNormal; blocked {
			f.Status = fileBlocked
		}
		expires := c.s.now().Add(fileLink).Unix()
		q := url.Values{"app": {strconv.FormatInt(c.app, 10)}, "expires": {strconv.FormatInt(expires, 10)}, "sign": {c.s.signLink(c.app, address, expires)}}
		f.PreSigURL = address + "?" + q.Encode()
	}
	return struct{ PreSigURLs []signedFile }{files}, nil
}

// MayServe reports whether a file of the emulator's own at path, such as /media/face/1.svg, may be handed out: it is not
// blocked, or the address is signed.
func (s *Service) MayServe(ctx context.Context, path string, q url.Values) (bool, error) {
	blocked, err := s.store.Read(ctx).MediaBlocked(0, MediaBase+path)
	if err != nil || !blocked {
		return err == nil, err
	}
	app, err := strconv.ParseInt(q.Get("app"), 10, 64)
	return err == nil && s.goodLink(app, MediaBase+path, q), nil
}
