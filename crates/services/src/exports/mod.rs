//! Everything of a workspace as files that people can read.

mod write;

use async_trait::async_trait;
use contract::{
    ClientError,
    cx::RequestCx,
    export::{Export, ExportApi, File, Part, State},
};
use domain::audit::Event;
use serde_json::json;
use store::{StoreError, audit, exports, jobs};
use uuid::Uuid;

use crate::{ServiceError, Services, access};

pub(crate) use write::{KIND, give_up, run};

#[async_trait]
impl ExportApi for Services {
    async fn current(&self, cx: &RequestCx) -> Result<Option<Export>, ClientError> {
        Ok(current(self, cx).await?)
    }

    async fn ask(&self, cx: &RequestCx) -> Result<(), ClientError> {
        Ok(ask(self, cx).await?)
    }

    async fn fetch(&self, cx: &RequestCx, id: &str, file: &str) -> Result<Part, ClientError> {
        Ok(fetch(self, cx, id, file).await?)
    }

    async fn part_after(
        &self,
        cx: &RequestCx,
        id: &str,
        file: &str,
        n: i32,
    ) -> Result<Option<Part>, ClientError> {
        Ok(part_after(self, cx, id, file, n).await?)
    }
}

async fn current(svc: &Services, cx: &RequestCx) -> Result<Option<Export>, ServiceError> {
    let scope = access::owner(svc, cx).await?;
    svc.store
        .workspace(&scope, async |tx| {
            let Some(export) = exports::current(tx).await? else { return Ok(None) };
            let state = match export.ready_at() {
                None => State::Writing {
                    done: export.rows_done.unsigned_abs(),
                    total: export.rows_total.max(export.rows_done).unsigned_abs(),
                },
                Some(at) => State::Ready {
                    at,
                    until: export.expires_at(),
                    files: exports::files(tx, export.id).await?.into_iter().map(file).collect(),
                },
            };
            Ok::<_, ServiceError>(Some(Export {
                id: export.id.to_string(),
                asked_at: export.asked_at(),
                asked_by: export.asked_by_name,
                state,
            }))
        })
        .await
}

fn file(file: exports::File) -> File {
    File { name: file.file, rows: file.rows.unsigned_abs(), bytes: file.length.unsigned_abs() }
}

async fn ask(svc: &Services, cx: &RequestCx) -> Result<(), ServiceError> {
    let scope = access::owner(svc, cx).await?;
    let (viewer, origin) = (access::fresh(cx)?, access::origin(cx));
    svc.store
        .workspace(&scope, async |tx| {
            let begun = exports::begin(tx, viewer.user, &viewer.name).await?;
            begun.ok_or_else(|| {
                ServiceError::Conflict(
                    "An export is being written already. Wait until it is ready.".into(),
                )
            })?;
            jobs::enqueue(tx, KIND, json!({})).await?;
            audit::record(tx, &origin, &Event::ExportAsked).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.jobs.notify_one();
    Ok(())
}

async fn fetch(svc: &Services, cx: &RequestCx, id: &str, file: &str) -> Result<Part, ServiceError> {
    let (scope, origin) = (access::owner(svc, cx).await?, access::origin(cx));
    let id = read(id);
    svc.store
        .workspace(&scope, async |tx| {
            let first = exports::part_after(tx, id, &named(file), -1).await?;
            let (n, gzip) = first.ok_or(ServiceError::NotFound)?;
            let event = Event::ExportFetched { file: file.to_owned() };
            audit::record(tx, &origin, &event).await?;
            Ok(Part { n, gzip })
        })
        .await
}

async fn part_after(
    svc: &Services,
    cx: &RequestCx,
    id: &str,
    file: &str,
    n: i32,
) -> Result<Option<Part>, ServiceError> {
    let (scope, id, file) = (access::owner(svc, cx).await?, read(id), named(file));
    let part = svc
        .store
        .workspace(&scope, async |tx| {
            Ok::<_, StoreError>(exports::part_after(tx, id, &file, n).await?)
        })
        .await?;
    Ok(part.map(|(n, gzip)| Part { n, gzip }))
}

/// What is no id stands for an export that does not exist.
fn read(id: &str) -> Uuid {
    id.parse().unwrap_or_default()
}

/// No file of ours has a NUL in its name, and PostgreSQL takes none.
fn named(file: &str) -> String {
    file.replace('\0', "\u{fffd}")
}
