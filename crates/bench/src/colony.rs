//! An owner with bots and their people, and what they do in a browser.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use tokio::time::sleep;

use crate::{
    gannet::Gannet,
    people::{self, address, browser, post},
    seed,
};

/// Number of the first bot at Telegram.
const FIRST_BOT: i64 = 7_000_001;
/// Number of the first person; those of each bot follow one another.
const FIRST_PERSON: i64 = 5_000_000_000;
/// The text that is sent: as long as many are, with a few marks.
const TEXT: &str = "**Good morning!** Here is what we have for you today: a new menu, two concerts and \
                    one exhibition. Doors open at seven, and the first hundred guests get a drink.";

/// An owner, signed in.
pub struct Colony<'a> {
    gannet: &'a Gannet,
    owner: Client,
    database: tokio_postgres::Client,
}

/// One bot of the owner's.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Its number at Telegram.
    pub number: i64,
    /// Its name in addresses.
    pub slug: String,
}

/// A broadcast that is ready to be sent.
pub struct Draft {
    path: String,
    version: String,
}

impl<'a> Colony<'a> {
    /// Signs an owner up.
    ///
    /// # Errors
    /// When the server does not want them.
    pub async fn found(gannet: &'a Gannet) -> Result<Self> {
        let owner = browser()?;
        people::member(&gannet.url(), &owner, "ann@example.org", &address(1)).await?;
        Ok(Self { gannet, owner, database: gannet.database().await? })
    }

    /// Connects the bot with the number `n`, counted from 0. Its Telegram must be a [`sim::Sink`].
    ///
    /// # Errors
    /// When it is refused.
    pub async fn connect(&self, n: u32) -> Result<Bot> {
        let number = FIRST_BOT + i64::from(n);
        let token = format!("{number}:TEST-not_a_token-TEST-not_a_tokenab");
        self.post("/bots/connect", &[("token", &token), ("step", "connect")]).await?;
        Ok(Bot { number, slug: format!("sink_{number}_bot") })
    }

    /// Connects a bot with this token and name.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn connect_as(&self, token: &str, username: &str, number: i64) -> Result<Bot> {
        self.post("/bots/connect", &[("token", token), ("step", "connect")]).await?;
        Ok(Bot { number, slug: username.to_lowercase() })
    }

    /// Gives a bot so many active subscribers, whose numbers begin with `first` or where others do.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn people(&self, bot: &Bot, count: u32, first: Option<i64>) -> Result<()> {
        let first = first.unwrap_or(FIRST_PERSON + (bot.number - FIRST_BOT) * 10_000_000);
        seed::add(&self.database, &bot.slug, first, count).await?;
        self.execute("analyze subscribers").await
    }

    /// Runs a statement as the role that may do anything.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn execute(&self, sql: &str) -> Result<()> {
        self.database.batch_execute(sql).await.with_context(|| sql.to_owned())
    }

    /// The one number that a statement gives.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn number(&self, sql: &str) -> Result<i64> {
        let row = self.database.query_one(sql, &[]).await.with_context(|| sql.to_owned())?;
        Ok(row.try_get(0)?)
    }

    /// The one text that a statement gives.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn text(&self, sql: &str) -> Result<String> {
        let row = self.database.query_one(sql, &[]).await.with_context(|| sql.to_owned())?;
        Ok(row.try_get(0)?)
    }

    /// Writes a draft and looks at it once more.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn draft(&self, bot: &Bot) -> Result<Draft> {
        let path = self.post(&format!("/bots/{}/broadcasts", bot.slug), &[("text", TEXT)]).await?;
        let path =
            path.split('?').next().unwrap_or_default().trim_end_matches("/confirm").to_owned();
        let page = self.page(&format!("{path}/confirm")).await?;
        let field = page.split('<').find(|tag| tag.contains("name=\"version\""));
        let value = field.and_then(|tag| tag.split("value=\"").nth(1)?.split('"').next());
        let version = value.context("a version on the page")?.to_owned();
        Ok(Draft { path, version })
    }

    /// Presses Send.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn send(&self, draft: &Draft) -> Result<()> {
        let form = [("version", draft.version.as_str())];
        self.post(&format!("{}/send", draft.path), &form).await.map(drop)
    }

    /// The address of a broadcast's page.
    pub fn page_of(draft: &Draft) -> &str {
        &draft.path
    }

    /// A page, whole.
    ///
    /// # Errors
    /// When it is not answered 200.
    pub async fn page(&self, path: &str) -> Result<String> {
        let answer = self.owner.get(format!("{}{path}", self.gannet.url())).send().await?;
        ensure!(answer.status() == 200, "{path}: {}", answer.status());
        Ok(answer.text().await?)
    }

    /// How long a page takes, to its last byte.
    ///
    /// # Errors
    /// When it is not answered 200.
    pub async fn time_of(&self, path: &str) -> Result<Duration> {
        let begun = Instant::now();
        self.page(path).await?;
        Ok(begun.elapsed())
    }

    /// Waits until `done` broadcasts are done; `patience` at most.
    ///
    /// # Errors
    /// When they are not by then.
    pub async fn until_done(&self, done: i64, patience: Duration) -> Result<()> {
        let end = Instant::now() + patience;
        while self.number("select count(*) from broadcasts where status = 'done'").await? < done {
            ensure!(Instant::now() < end, "a broadcast was not done within {patience:?}");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Posts a form; gives where it leads.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<String> {
        let url = format!("{}{path}", self.gannet.url());
        let answer = post(&self.owner, &url, &address(1), form).await?;
        let status = answer.status();
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.unwrap_or_default().to_owned();
        ensure!(status == 303, "{path}: {status}\n{}", answer.text().await?);
        Ok(location)
    }
}
