CREATE TABLE archive_app ( -- since when messages of an app's groups are kept
  app      TEXT PRIMARY KEY,
  since_at BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO archive_app (app, since_at)
  SELECT p.app, MIN(m.added_at) FROM archive_message m JOIN archive_place p ON p.id = m.place GROUP BY p.app;

-- How many positions in front of the first that is known may still be looked through.
ALTER TABLE archive_fill ADD COLUMN head BIGINT NOT NULL DEFAULT 0;

INSERT INTO archive_fill (place, tail, next_at, tries, why, worker, lease_until, head)
  SELECT id, 0, 0, 0, '', '', 0, 20000 FROM archive_place WHERE grp <> ''
  ON CONFLICT (place) DO UPDATE SET head = 20000;
