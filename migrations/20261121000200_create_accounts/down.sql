drop table account_log;
drop function refuse_change;
drop table mails;
drop table sessions;
drop table email_codes;
drop table users;
