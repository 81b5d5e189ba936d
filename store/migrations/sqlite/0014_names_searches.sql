CREATE TABLE known_name ( -- what groups and users are called, to be found by a part of it
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  app      TEXT NOT NULL,
  kind     TEXT NOT NULL, -- group, user
  target   TEXT NOT NULL, -- its id at the vendor
  name     TEXT NOT NULL, -- '': not known, or it has none
  type     TEXT NOT NULL, -- of a group
  members  BIGINT NOT NULL, -- of a group; -1: not known
  seen_at  BIGINT NOT NULL,
  named_at BIGINT NOT NULL, -- when the vendor last said what it is called; 0: never
  UNIQUE (app, kind, target)
);
CREATE INDEX known_name_named ON known_name (app, kind, named_at, id);

-- The words are made in Go, of letters and digits only, and what begins with a section sign is no word of anybody's.
CREATE VIRTUAL TABLE known_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');

CREATE TRIGGER known_name_gone AFTER DELETE ON known_name BEGIN
  DELETE FROM known_words WHERE rowid = old.id;
END;

CREATE TABLE known_walk ( -- who looks through an app for names, and how far that is
  app         TEXT PRIMARY KEY,
  owner       TEXT NOT NULL,
  lease_until BIGINT NOT NULL,
  state       TEXT NOT NULL -- JSON
);

CREATE TABLE saved_search (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  operator_id TEXT NOT NULL REFERENCES operator (id),
  name        TEXT NOT NULL,
  query       TEXT NOT NULL, -- as it was typed
  shared      BIGINT NOT NULL, -- 1: everybody who may search sees it
  changed_at  BIGINT NOT NULL,
  UNIQUE (operator_id, name)
);
