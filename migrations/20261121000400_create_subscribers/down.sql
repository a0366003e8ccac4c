drop table subscribers;
drop function count_subscribers;
drop function count_moves;
drop table bot_sources;
drop table bot_days;
drop table bot_counters;
