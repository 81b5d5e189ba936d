CREATE TABLE known_group ( -- of apps whose vendor cannot list its groups
  app      TEXT COLLATE "C" NOT NULL,
  group_id TEXT COLLATE "C" NOT NULL,
  type     TEXT COLLATE "C" NOT NULL,
  name     TEXT COLLATE "C" NOT NULL,
  source   TEXT COLLATE "C" NOT NULL,
  first_at BIGINT NOT NULL,
  seen_at  BIGINT NOT NULL,
  gone_at  BIGINT NOT NULL, -- 0: it was there when it was last asked for
  PRIMARY KEY (app, group_id)
);

CREATE INDEX known_group_order ON known_group (app, first_at, group_id);
