//! Writing an export, a page of rows at a time.
//!
//! Rows and the place behind them are written in one transaction, so whatever stops the work costs a page
//! that was read and nothing that was written. A job works for a while and hands over to the next, so that
//! none outlives its lease. In memory is one page.

use std::{io::Write, time::Duration};

use domain::{audit::Event, csv, ids::WorkspaceId, label::visible};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use store::{
    StoreError, WorkspaceScope,
    audit::{self, Origin},
    exports::{self, Export, Line, Part, Place, SOURCES, Source},
    jobs, members,
};
use tokio::{sync::Semaphore, time::Instant};

use crate::{ServiceError, Services, access, mail};

/// The kind of job that [`run`] does.
pub(crate) const KIND: &str = "export";

/// One page at a time in a process, whoever's export it is of.
static ONE: Semaphore = Semaphore::const_new(1);

/// How long one job works: far less than a job's lease.
const SLICE: Duration = Duration::from_secs(20);

/// Writes the export of a workspace on. A repeat goes on where the last one stopped.
///
/// # Errors
/// Why it has to be tried again.
pub(crate) async fn run(svc: &Services, workspace: WorkspaceId) -> Result<(), String> {
    let scope = access::exporting(workspace);
    slice(svc, &scope).await.map_err(|err| format!("{err}: {err:?}"))
}

/// Forgets an export that could not be written: another can be asked for then.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub(crate) async fn give_up(svc: &Services, workspace: WorkspaceId) -> Result<(), StoreError> {
    let scope = access::exporting(workspace);
    svc.store.workspace(&scope, async |tx| Ok(exports::forget(tx).await?)).await
}

async fn slice(svc: &Services, scope: &WorkspaceScope) -> Result<(), ServiceError> {
    let until = Instant::now() + SLICE;
    loop {
        let current = svc
            .store
            .workspace(scope, async |tx| Ok::<_, StoreError>(exports::current(tx).await?))
            .await?;
        let Some(export) = current.filter(|export| export.ready_at().is_none()) else {
            return Ok(());
        };
        let Some(source) = usize::try_from(export.source).ok().and_then(|n| SOURCES.get(n)) else {
            return finish(svc, scope, &export).await;
        };
        {
            let _turn = ONE.acquire().await;
            step(svc, scope, &export, source).await?;
        }
        if Instant::now() >= until {
            svc.store
                .workspace(scope, async |tx| {
                    Ok::<_, StoreError>(jobs::enqueue(tx, KIND, json!({})).await?)
                })
                .await?;
            svc.nudges.jobs.notify_one();
            return Ok(());
        }
    }
}

/// Reads a page and writes it. Of two workers at one step the second writes nothing.
async fn step(
    svc: &Services,
    scope: &WorkspaceScope,
    export: &Export,
    source: &'static Source,
) -> Result<(), ServiceError> {
    let lines = match (source.of_bots, export.at_bot) {
        (false, _) => {
            svc.store
                .workspace(scope, async |tx| {
                    let read =
                        exports::of_workspace(tx, source, &export.after, source.page).await?;
                    Ok::<_, StoreError>(read)
                })
                .await?
        }
        (true, Some(bot)) => {
            let bot = access::claimed(scope.workspace, bot);
            svc.store
                .bot(&bot, async |tx| {
                    Ok::<_, StoreError>(
                        exports::of_bot(tx, source, &export.after, source.page).await?,
                    )
                })
                .await?
        }
        // The first step of what belongs to bots: it looks for the first of them.
        (true, None) => Vec::new(),
    };
    let begins = export.after.is_none() && (!source.of_bots || export.at_bot.is_none());
    let rows = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let after = lines.last().map(|line| line.key.clone()).filter(|_| rows == source.page);
    let parts = tokio::task::spawn_blocking(move || parts(source, &lines, begins))
        .await
        .map_err(|err| ServiceError::bug("writing a part of an export", err))?
        .map_err(|err| ServiceError::bug("writing a part of an export", err))?;
    svc.store
        .workspace(scope, async |tx| {
            let place = match after {
                Some(after) => {
                    Place { source: export.source, bot: export.at_bot, after: Some(after) }
                }
                None => {
                    let bot = match source.of_bots {
                        true => exports::bot_after(tx, export.at_bot).await?,
                        false => None,
                    };
                    let source = export.source + i16::from(bot.is_none());
                    Place { source, bot, after: None }
                }
            };
            exports::advance(tx, export, &place, &parts, rows).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}

/// The rows as a part of each of the two files of `source`.
fn parts(source: &Source, lines: &[Line], begins: bool) -> Result<Vec<Part>, std::io::Error> {
    if lines.is_empty() && !begins {
        return Ok(Vec::new());
    }
    let head = csv::line(source.columns.iter().map(|name| (*name).to_owned()));
    let mut table = if begins { head } else { String::new() };
    let mut json = String::new();
    for line in lines {
        table.push_str(&cells(source, &line.json)?);
        // Programs read the very texts; whoever looks at the file meets nothing that hides.
        json.push_str(&visible(&line.json));
        json.push('\n');
    }
    [("csv", table), ("jsonl", json)]
        .map(|(ending, text)| part(source, ending, &text, lines))
        .into_iter()
        .collect()
}

fn part(source: &Source, ending: &str, text: &str, lines: &[Line]) -> Result<Part, std::io::Error> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(text.len() / 6), Compression::default());
    gzip.write_all(text.as_bytes())?;
    Ok(Part {
        file: format!("{}.{ending}", source.name),
        bytes: gzip.finish()?,
        rows: i32::try_from(lines.len()).unwrap_or(i32::MAX),
        length: i64::try_from(text.len()).unwrap_or(i64::MAX),
    })
}

/// A row as a line of comma-separated values.
fn cells(source: &Source, json: &str) -> Result<String, std::io::Error> {
    let row: Value = serde_json::from_str(json)?;
    let cell = |name: &&str| match row.get(*name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => csv::cell(text),
        Some(Value::Number(number)) => csv::number(&number.to_string()),
        Some(Value::Bool(is)) => is.to_string(),
        Some(Value::Array(words)) => {
            let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
            csv::cell(&words.join(" "))
        }
        Some(object @ Value::Object(_)) => csv::cell(&object.to_string()),
    };
    Ok(csv::line(source.columns.iter().map(cell)))
}

async fn finish(
    svc: &Services,
    scope: &WorkspaceScope,
    export: &Export,
) -> Result<(), ServiceError> {
    let (asked_by, rows) = (export.asked_by, export.rows_done.unsigned_abs());
    let email = svc
        .store
        .workspace(scope, async |tx| Ok::<_, StoreError>(members::email_of(tx, asked_by).await?))
        .await?;
    // Whoever has left meanwhile has no part in it any more.
    let mail = match email.and_then(|email| email.parse().ok()) {
        Some(to) => {
            let letter = mail::templates::export_ready(&svc.settings.base_url);
            Some(mail::write(svc, &to, &letter, Some(format!("export/{}", export.id))).await?)
        }
        None => None,
    };
    svc.store
        .workspace(scope, async |tx| {
            if exports::finish(tx, export).await? {
                if let Some(mail) = &mail {
                    mail.enqueue(tx, true).await?;
                }
                let event = Event::ExportReady { rows };
                audit::record(tx, &Origin::system("exports"), &event).await?;
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::MultiGzDecoder;

    use super::*;

    fn line(json: &str) -> Line {
        Line { key: Value::Null, json: json.to_owned() }
    }

    #[test]
    fn parts_one_after_the_other_are_one_file_and_hide_nothing() {
        let source = SOURCES.iter().find(|source| source.name == "subscribers").expect("there");
        let hostile =
            r#"{"bot":"b","chat":-5,"name":"=1+1\u0000\u202e","username":null,"source":"a,b"}"#;
        let first = parts(source, &[line(hostile)], true).expect("written");
        let then =
            parts(source, &[line(r#"{"bot":"b","chat":7,"name":"Ann"}"#)], false).expect("written");
        let whole = |n: usize| {
            let bytes = [first[n].bytes.clone(), then[n].bytes.clone()].concat();
            let mut text = String::new();
            MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("one file");
            text
        };
        let table = whole(0);
        let mut lines = table.split_terminator("\r\n");
        assert_eq!(
            lines.next(),
            Some("bot,chat,name,username,language,source,status,status_since,since,last_active")
        );
        assert_eq!(lines.next(), Some("b,-5,'=1+1\\u0000\\u202e,,,\"a,b\",,,,"));
        assert_eq!(lines.next(), Some("b,7,Ann,,,,,,,"));
        assert_eq!(lines.next(), None);
        let json = whole(1);
        assert!(json.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{json}");
        assert!(!json.contains('\u{202e}'), "{json}");
        assert_eq!(
            (first[0].file.as_str(), first[1].file.as_str()),
            ("subscribers.csv", "subscribers.jsonl")
        );
        assert!(parts(source, &[], false).expect("written").is_empty());
        assert_eq!(parts(source, &[], true).expect("written").len(), 2, "an empty file is one too");
    }
}
