-- The sender looks at a chunk with each intent. How many people it has would otherwise be found out by
-- unpacking them all, and so would each change of `next`; and their numbers hardly get smaller by packing.
alter table broadcast_chunks drop constraint broadcast_chunks_check;
alter table broadcast_chunks add column size integer not null generated always as (cardinality(chat_ids)) stored;
alter table broadcast_chunks add check (next between 0 and size);
alter table broadcast_chunks alter column chat_ids set storage external;
comment on column broadcast_chunks.size is 'How many people it has.';
