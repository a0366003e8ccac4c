drop trigger enter_connected on bots;
drop function enter_connected;
drop index directory_by_workspace;
alter table directory drop column connected;
drop trigger count_messages on broadcasts;
drop function count_messages;
alter table broadcasts drop column counted_elsewhere, drop column counted;
drop table message_months, billing_notices, billing, stripe_events, stripe_customers;
