alter table bots drop column rate;
