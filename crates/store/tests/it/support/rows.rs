//! A row of each kind for a bot, so that there is something behind every fence.

use domain::ids::WorkspaceId;
use testdb::{Bot, Person, TestDb};
use tokio_postgres::Client;

use super::texts;

/// Writes a row into every table that a bot has rows in.
pub async fn fill(db: &TestDb, workspace: WorkspaceId, bot: &Bot, member: &Person) {
    let key = format!("'{workspace}', '{}'", bot.id);
    let (id, member) = (bot.id, member.id);
    // By triggers the subscriber fills the counters, days and sources as well.
    let rows = format!(
        "insert into bot_permissions (workspace_id, bot_id, user_id, rights) values ({key}, '{member}', '{{view}}');
         insert into bot_secrets (workspace_id, bot_id, kind, sealed) values ({key}, 'token', 'sealed');
         insert into bot_changes (workspace_id, bot_id, delivery, event) values ({key}, 'polling', '{{}}');
         insert into test_recipients (workspace_id, bot_id, user_id, code) values ({key}, '{member}', 'code');
         insert into subscribers (workspace_id, bot_id, chat_id, name, source, status)
             values ({key}, 7, 'Ada', 'link', 'active');
         insert into chats (workspace_id, bot_id, chat_id, was, kind, title, standing)
             values ({key}, -1000000000007, -7, 'supergroup', 'Team', 'writable');
         insert into broadcasts (workspace_id, bot_id, id, author_id, author_name, source, status,
                                 message)
             values ({key}, '{id}', '{member}', 'Ada', 'Hello', 'sending', '{{}}');
         insert into approvals (workspace_id, bot_id, id, broadcast_id, version, audience, asked_by, asked_by_name)
             values ({key}, '{id}', '{id}', gannet_now(), 1, '{member}', 'Ada');
         insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids)
             values ({key}, '{id}', 0, '{{7}}');
         insert into broadcast_intents (workspace_id, bot_id, broadcast_id, chunk, start, stop, epoch)
             values ({key}, '{id}', 0, 0, 1, 1);
         insert into deliveries (workspace_id, bot_id, broadcast_id, chat_id, outcome)
             values ({key}, '{id}', 7, 'sent');
         insert into broadcast_tallies (workspace_id, bot_id, broadcast_id, sent) values ({key}, '{id}', 1);
         insert into leases (workspace_id, bot_id, kind, holder, epoch, until)
             values ({key}, 'send', '{member}', 1, gannet_now() + interval '15 s');
         insert into replies (workspace_id, bot_id, id, chat_id, message) values ({key}, '{id}', 7, '{{}}');
         insert into updates (workspace_id, bot_id, update_id, body) values ({key}, 1, 'body');
         insert into jobs (workspace_id, bot_id, id, kind, payload) values ({key}, '{id}', 'x', '{{}}');
         insert into invitations (workspace_id, id, role, token_hash, expires_at)
             values ('{workspace}', gen_random_uuid(), 'member', sha256('{id}'), gannet_now() + interval '7 days');
         insert into exports (workspace_id, id, asked_by, asked_by_name, ready_at)
             values ('{workspace}', md5('{id}')::uuid, '{member}', 'Ada', gannet_now());
         insert into export_parts (workspace_id, export_id, file, n, bytes, rows, length)
             values ('{workspace}', md5('{id}')::uuid, 'x', 0, '', 0, 0);
         insert into billing (workspace_id, livemode, customer_id) values ('{workspace}', false, 'cus_TEST')
             on conflict do nothing;
         insert into billing_notices (workspace_id, kind, about) values ('{workspace}', 'near', 'x') on conflict do nothing;
         insert into message_months (workspace_id, month, messages) values ('{workspace}', '2026-01-01', 1)
             on conflict do nothing;
         insert into audit_log (workspace_id, bot_id, id, actor_id, actor_name, kind, details)
             values ({key}, '{id}', '{member}', 'Ada', 'x', '{{}}');
         insert into audit_heads (workspace_id, seq, mac) values ('{workspace}', 1, sha256('TEST'))
             on conflict do nothing;"
    );
    db.superuser().await.batch_execute(&rows).await.unwrap_or_else(|err| panic!("{err:?}"));
}

/// The tables with a `workspace_id`, but for the directory, which everybody may look things up in, for Stripe's
/// customers, where no request may, and for parts of a table, which are reached through the whole.
pub async fn tenant_tables(admin: &Client) -> Vec<String> {
    texts(
        admin,
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and a.attname = 'workspace_id' and c.relname not in ('directory', 'stripe_customers') order by 1",
    )
    .await
}

/// Those of them whose rows are each about one bot (the bots themselves are their own).
pub async fn bot_tables(admin: &Client) -> Vec<String> {
    texts(
        admin,
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and a.attname = 'bot_id' and c.relname <> 'directory' order by 1",
    )
    .await
}
