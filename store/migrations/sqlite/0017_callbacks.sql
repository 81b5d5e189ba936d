CREATE TABLE callback_minute ( -- how many callbacks came, minute by minute, of all replicas together; for some days
  app    TEXT NOT NULL,
  minute BIGINT NOT NULL,
  what   TEXT NOT NULL, -- taken, unread, refused, or took: answered within so many milliseconds
  name   TEXT NOT NULL, -- of the callback, the reason, or the milliseconds
  n      BIGINT NOT NULL,
  PRIMARY KEY (app, minute, what, name)
);
CREATE TABLE callback_seen ( -- each callback that ever came
  app      TEXT NOT NULL,
  command  TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  n        BIGINT NOT NULL,
  PRIMARY KEY (app, command)
);
CREATE TABLE callback_failure ( -- callbacks that were not taken as they should be
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  app         TEXT NOT NULL,
  at          BIGINT NOT NULL,
  why         TEXT NOT NULL,
  command     TEXT NOT NULL, -- as its address says
  query       TEXT NOT NULL, -- of its address
  body        BLOB NOT NULL,
  whole       BOOLEAN NOT NULL, -- the body is all of it
  error       TEXT NOT NULL,
  replayed_at BIGINT NOT NULL -- 0: not yet
);
CREATE INDEX callback_failure_app ON callback_failure (app, id);
