-- For what each official number was given, committed with the number itself: one that no record bears was given
-- for something that did not come about, and this says what.
CREATE TABLE number_given (
    name     text        NOT NULL,
    number   bigint      NOT NULL,
    purpose  text        NOT NULL,
    given_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, number)
);
GRANT SELECT, INSERT ON number_given TO {app};
