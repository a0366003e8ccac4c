alter table bots drop column read_only;
