drop table signup_invitations;
drop index users_instance_admins;
alter table users drop column instance_admin;
