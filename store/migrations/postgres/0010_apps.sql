-- Apps that were added in the console. Their keys are in secret, as app/NAME/key and app/NAME/callback_token.
CREATE TABLE added_app (
  name       TEXT PRIMARY KEY,
  version    BIGINT NOT NULL, -- counts the changes; whoever changes it names the one that was read
  vendor     TEXT NOT NULL,
  app_id     TEXT NOT NULL, -- the vendor's id of it
  title      TEXT NOT NULL,
  settings   TEXT NOT NULL, -- JSON
  position   BIGINT NOT NULL, -- the order shown; whoever comes later has a greater one
  disabled   BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL, -- name of the operator; so with the others
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  removed_at BIGINT NOT NULL, -- 0: it is there. What is removed stays, since its name stands in the audit log
  removed_by TEXT NOT NULL
);
