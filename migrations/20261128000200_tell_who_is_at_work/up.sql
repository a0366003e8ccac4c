-- A sender that fails anew each time holds its lease for most of the time and sends nothing: what is renewed is no
-- sign of work, so work has a mark of its own.
alter table leases add column at_work timestamptz;
comment on column leases.at_work is 'When a sender was last at the bot''s broadcast (database clock): an intent, an outcome, a wait. Null: its holder is of an earlier version, which does not say. No meaning for polling.';
-- Which of them are stuck is found across tenants.
grant select (updated_at) on broadcasts to gannet_worker;
