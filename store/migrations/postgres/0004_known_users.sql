CREATE TABLE known_user ( -- of the same apps: in whose conversations groups may be found
  app       TEXT COLLATE "C" NOT NULL,
  user_id   TEXT COLLATE "C" NOT NULL,
  seen_at   BIGINT NOT NULL,
  walked_at BIGINT NOT NULL, -- when the user's conversations were last looked through; 0: never
  PRIMARY KEY (app, user_id)
);

CREATE INDEX known_user_walk ON known_user (app, walked_at, user_id);
CREATE INDEX known_user_seen ON known_user (app, seen_at, user_id);

ALTER TABLE known_group ADD COLUMN walked_at BIGINT NOT NULL DEFAULT 0; -- when its members were last looked through; 0: never

CREATE INDEX known_group_walk ON known_group (app, walked_at, group_id);
