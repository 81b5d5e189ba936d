CREATE TABLE archive_place ( -- a group or a direct chat of which messages are kept
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  app   TEXT NOT NULL,
  grp   TEXT NOT NULL, -- the group; '' for a direct chat
  user_a TEXT NOT NULL, -- the two of a direct chat, in order; '' for a group
  user_b TEXT NOT NULL,
  messages BIGINT NOT NULL,
  UNIQUE (app, grp, user_a, user_b)
);

CREATE TABLE archive_message (
  id       INTEGER PRIMARY KEY, -- when it was said, in milliseconds, times 2^20, and a number that makes it unique
  place    BIGINT NOT NULL REFERENCES archive_place (id),
  key      TEXT NOT NULL,   -- what the vendor calls it in its place
  seq      BIGINT NOT NULL, -- its position; 0: the vendor has none
  sender   TEXT NOT NULL,
  at       BIGINT NOT NULL, -- 0: so far only known to be recalled
  types    TEXT NOT NULL,   -- of its elements, separated by commas
  has      BIGINT NOT NULL,
  state    BIGINT NOT NULL,
  text     TEXT NOT NULL,   -- what people read of it
  body     TEXT NOT NULL,   -- JSON
  source   TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  UNIQUE (place, key)
);
CREATE INDEX archive_message_seq ON archive_message (place, seq, id);
CREATE INDEX archive_message_place ON archive_message (place, id);
CREATE INDEX archive_message_sender ON archive_message (sender, id);

CREATE TABLE archive_span ( -- positions of which it is known what is there, without gap from first to last
  place     BIGINT NOT NULL REFERENCES archive_place (id),
  first_seq BIGINT NOT NULL,
  last_seq  BIGINT NOT NULL,
  PRIMARY KEY (place, first_seq)
) WITHOUT ROWID;

-- The words are made in Go, of letters and digits only, and what begins with a section sign is no word of anybody's.
CREATE VIRTUAL TABLE archive_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
