-- People whose outcome is unknown are written to once more when a person says so: each time is an attempt.
alter table broadcast_chunks add column attempt smallint not null default 1 check (attempt >= 1);
comment on column broadcast_chunks.attempt is 'Which attempt this is for its people. Beyond the first: somebody asked for it after the one before ended unknown.';

alter table broadcast_tallies add column again bigint not null default 0 check (again >= 0);
comment on column broadcast_tallies.again is 'Of the unknown, those who are being sent it once more and have no new outcome yet.';
comment on column broadcast_tallies.unknown is 'People of whose last attempt nobody knows what became.';
