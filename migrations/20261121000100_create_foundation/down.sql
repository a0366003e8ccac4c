drop table instance;
drop function touch;
drop function fence_user;
drop function fence_bot;
drop function fence_workspace;
drop function gannet_now;
revoke usage on schema public from gannet_app, gannet_worker;
grant usage on schema public to public;
