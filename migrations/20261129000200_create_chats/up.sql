-- Groups and channels that a bot is in. The chat is the key, as with people, and numbers below zero are theirs alone:
-- frozen audiences, intents and outcomes hold both kinds side by side, and need not know which is which.
create table chats (
    workspace_id uuid not null,
    bot_id       uuid not null,
    chat_id      bigint not null check (chat_id between -4503599627370496 and -1),
    was          bigint check (was between -999999999999 and -1 and was <> chat_id),
    kind         text not null check (kind in ('group', 'supergroup', 'channel')),
    title        text not null,
    username     text,
    standing     text not null check (standing in ('writable', 'muted', 'gone')),
    reason       text,
    standing_at  timestamptz not null default gannet_now(),
    since        timestamptz not null default gannet_now(),
    primary key (workspace_id, bot_id, chat_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade on update cascade
);
comment on table chats is 'Groups and channels that a bot is in, or was.';
comment on column chats.chat_id is 'Telegram''s number of the chat, below zero.';
comment on column chats.was is 'The number it had as a group, before it became a supergroup: audiences and outcomes of that time name it so.';
comment on column chats.standing is 'Whether the bot can write there: muted is there without the right to, gone is not there any more.';
comment on column chats.reason is 'Why it cannot, in Telegram''s words or ours.';
comment on column chats.since is 'When the bot came, or was first heard from there.';
create unique index chats_by_earlier_number on chats (workspace_id, bot_id, was) where was is not null;
create index chats_newest on chats (workspace_id, bot_id, since desc, chat_id desc);
alter table chats enable row level security;
alter table chats force row level security;
create policy tenant on chats to gannet_app
    using (workspace_id = fence_workspace() and bot_id = fence_bot())
    with check (workspace_id = fence_workspace() and bot_id = fence_bot());
grant select, insert, update, delete on chats to gannet_app;

-- Who a broadcast goes to.
alter table broadcasts
    add column audience text not null default 'subscribers'
        check (audience in ('subscribers', 'chats', 'both', 'chosen')),
    add column chosen bigint[] not null default '{}',
    add check (cardinality(chosen) <= 200 and (audience = 'chosen') = (cardinality(chosen) > 0));
comment on column broadcasts.audience is 'Whom it goes to when it begins: subscribers, groups and channels, both, or chosen groups and channels.';
comment on column broadcasts.chosen is 'Groups and channels that were chosen, by number.';

-- Whom it goes to is part of what was looked at and approved.
drop trigger touch on broadcasts;
create trigger touch before update of source, status, silent, protected, scheduled_at, audience, chosen on broadcasts
    for each row execute function touch();
drop trigger written on broadcasts;
create trigger written before update of source, silent, protected, audience, chosen on broadcasts
    for each row execute function written();
