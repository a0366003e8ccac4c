alter table users drop column closes_at;
delete from email_codes where purpose <> 'verify';
alter table email_codes drop constraint email_codes_purpose_check;
alter table email_codes add constraint email_codes_purpose_check check (purpose in ('verify'));
drop table address_changes;
drop table password_resets;
