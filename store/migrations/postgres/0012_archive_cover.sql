CREATE TABLE archive_version ( -- what a message said before it was edited
  message BIGINT NOT NULL REFERENCES archive_message (id) ON DELETE CASCADE,
  since_at BIGINT NOT NULL, -- from when on it said so
  text    TEXT COLLATE "C" NOT NULL, -- what people read of it
  body    TEXT COLLATE "C" NOT NULL, -- JSON
  PRIMARY KEY (message, since_at)
);

CREATE TABLE archive_lost ( -- positions that are known to hold what nobody can give any more
  place     BIGINT NOT NULL REFERENCES archive_place (id),
  first_seq BIGINT NOT NULL,
  last_seq  BIGINT NOT NULL,
  why       TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (place, first_seq)
);

CREATE TABLE archive_fill ( -- places in which something is to be looked for: between what is known, and behind it
  place     BIGINT PRIMARY KEY REFERENCES archive_place (id),
  tail      BIGINT NOT NULL, -- 1: also behind the last that is known
  next_at   BIGINT NOT NULL,
  tries     BIGINT NOT NULL, -- without success
  why       TEXT COLLATE "C" NOT NULL, -- of the last try
  worker    TEXT COLLATE "C" NOT NULL,
  lease_until BIGINT NOT NULL
);
CREATE INDEX archive_fill_next ON archive_fill (next_at);

CREATE TABLE archive_salt ( -- keeps hashes of erased users from being compared between apps and databases
  app  TEXT COLLATE "C" PRIMARY KEY,
  salt TEXT COLLATE "C" NOT NULL
);

CREATE TABLE archive_erased ( -- users whose messages up to a time never come back, whoever sends them again
  app   TEXT COLLATE "C" NOT NULL,
  hash  TEXT COLLATE "C" NOT NULL,
  until_at BIGINT NOT NULL,
  PRIMARY KEY (app, hash)
);
