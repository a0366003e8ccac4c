revoke select (updated_at) on broadcasts from gannet_worker;
alter table leases drop column at_work;
