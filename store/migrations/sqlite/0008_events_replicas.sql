CREATE TABLE event ( -- what replicas tell each other; short-lived
  n     INTEGER PRIMARY KEY AUTOINCREMENT, -- rises in the order of commits
  topic TEXT NOT NULL,
  id    TEXT NOT NULL,
  at    BIGINT NOT NULL
);

CREATE INDEX event_at ON event (at);

CREATE TABLE replica ( -- a process that serves, for as long as its lease
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL, -- for people: its machine and address
  version     TEXT NOT NULL,
  started_at  BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  lease_until BIGINT NOT NULL -- by the database's clock, as are the others
);

CREATE TABLE replica_share ( -- what part of a vendor's rates a replica may use
  replica_id TEXT NOT NULL REFERENCES replica (id) ON DELETE CASCADE,
  pool       TEXT NOT NULL, -- the account or app that the vendor counts by
  share      BIGINT NOT NULL, -- in millionths
  busy       BOOLEAN NOT NULL, -- it had calls lately
  PRIMARY KEY (replica_id, pool)
);

CREATE TABLE rate_turn ( -- when the next call of a command that goes slowly may be sent, whoever sends it
  pool    TEXT NOT NULL,
  line    TEXT NOT NULL,
  next_at BIGINT NOT NULL, -- in microseconds
  PRIMARY KEY (pool, line)
);

CREATE INDEX rate_turn_next ON rate_turn (next_at);
