package community

// BlockMedia makes what is at url unavailable, or available again.
func (t *Tx) BlockMedia(app int64, url string, on bool) error {
	query := "DELETE FROM media_block WHERE app = ? AND url = ?"
	if on {
		query = "INSERT INTO media_block (app, url) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	_, err := t.exec(query, app, url)
	return err
}

// MediaBlocked reports whether what is at url is unavailable in app; app 0 is any.
func (c Conn) MediaBlocked(app int64, url string) (blocked bool, err error) {
	err = c.get("SELECT EXISTS (SELECT 1 FROM media_block WHERE url = ?1 AND (app = ?2 OR ?2 = 0))", []any{url, app}, &blocked)
	return blocked, err
}
