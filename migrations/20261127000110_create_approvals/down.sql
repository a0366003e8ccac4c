drop table approvals;
alter table broadcasts drop column edited_by;
alter table workspaces drop column approval_above;
