drop trigger count_messages on broadcasts;
drop function count_messages;
alter table broadcasts drop column counted;
drop table message_months, billing_notices, billing, stripe_events, stripe_customers;
