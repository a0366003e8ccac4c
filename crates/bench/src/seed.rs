//! Puts many subscribers into the database of a server that runs, to look at it with.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tokio_postgres::{Client, NoTls};

/// How many, and where.
#[derive(Args)]
pub struct Options {
    /// How many subscribers to add
    #[arg(long, default_value_t = 5_000_000)]
    subscribers: u32,
    /// The bot that gets them, as addresses name it; needed when there are several
    #[arg(long)]
    bot: Option<String>,
    /// Where the server keeps its data; it must use its own PostgreSQL. As a rule what `DATA_DIR` says
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

/// Subscribers of one statement.
const AT_ONCE: u32 = 100_000;

/// Inserts people who never were.
///
/// # Errors
/// When there is no such server or bot.
pub async fn run(options: &Options) -> Result<()> {
    let data_dir = options.data_dir.clone().or_else(default_dir).context("--data-dir")?;
    let database = connect(&data_dir).await?;
    let slug = slug(&database, options.bot.as_deref()).await?;
    // Behind all who are there: seeding twice adds as many again.
    let first: i64 = database
        .query_one(
            "select coalesce(max(chat_id), 5000000000) + 1 from subscribers s
             join directory d using (workspace_id, bot_id) where d.slug = $1",
            &[&slug],
        )
        .await?
        .try_get(0)?;
    let mut added = 0;
    while added < options.subscribers {
        let count = AT_ONCE.min(options.subscribers - added);
        add(&database, &slug, first + i64::from(added), count).await?;
        added += count;
        println!("{added} of {} subscribers", options.subscribers);
    }
    database.batch_execute("vacuum analyze subscribers").await?;
    println!("{slug} has {added} subscribers more.");
    Ok(())
}

/// Adds `count` active subscribers to a bot, numbered from `first` on, who came one after the other.
///
/// # Errors
/// When the database refuses, or there is no such bot.
pub async fn add(database: &Client, slug: &str, first: i64, count: u32) -> Result<()> {
    let added = database
        .execute(
            "insert into subscribers (workspace_id, bot_id, chat_id, name, username, language, status, since)
             select workspace_id, bot_id, $2::bigint + n, 'Somebody ' || n, 'somebody' || n, 'en', 'active',
                    gannet_now() - make_interval(secs => $3::int - n)
             from directory, generate_series(0, $3::int - 1) as n where slug = $1",
            &[&slug, &first, &i32::try_from(count)?],
        )
        .await?;
    ensure!(added == u64::from(count), "{added} of {count} people were added to {slug}");
    Ok(())
}

async fn connect(data_dir: &std::path::Path) -> Result<Client> {
    let socket = data_dir.join("postgres/socket");
    let (client, connection) = tokio_postgres::Config::new()
        .host_path(&socket)
        .user("postgres")
        .dbname("gannet")
        .connect(NoTls)
        .await
        .with_context(|| format!("no server of gannet's own at {}", socket.display()))?;
    tokio::spawn(connection);
    Ok(client)
}

async fn slug(database: &Client, asked: Option<&str>) -> Result<String> {
    let rows = database.query("select slug from directory order by slug", &[]).await?;
    let slugs: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let all = slugs.join(", ");
    match asked {
        Some(slug) => {
            ensure!(slugs.iter().any(|one| one == slug), "no bot {slug}; there are: {all}");
            Ok(slug.to_owned())
        }
        None => {
            ensure!(slugs.len() == 1, "name one with --bot; there are: {all}");
            Ok(all)
        }
    }
}

/// Where the server keeps its data when nobody says so.
fn default_dir() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("DATA_DIR") {
        return Some(dir.into());
    }
    if rustix::process::geteuid().is_root() {
        return Some("/var/lib/gannet".into());
    }
    let data_home = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share"));
    data_home.or_else(home).map(|dir| dir.join("gannet"))
}
