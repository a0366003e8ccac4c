drop table test_recipients;
drop table bot_secrets;
drop table bot_permissions;
drop table directory;
drop table bots;
drop policy own on workspaces;
drop table members;
drop table workspaces;
