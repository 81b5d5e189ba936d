CREATE TABLE arrival ( -- what changed in the archive, for those who watch; short-lived
  n       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- rises in the order of commits
  at      BIGINT NOT NULL,
  kind    BIGINT NOT NULL, -- 0 said, 1 edited, 2 recalled
  message BIGINT NOT NULL  -- of archive_message; it may be gone by now
);
CREATE INDEX arrival_at ON arrival (at);
