drop table bot_changes;
