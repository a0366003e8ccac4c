alter table broadcast_chunks alter column chat_ids set storage extended;
alter table broadcast_chunks drop constraint broadcast_chunks_check;
alter table broadcast_chunks drop column size;
alter table broadcast_chunks add check (next between 0 and cardinality(chat_ids));
