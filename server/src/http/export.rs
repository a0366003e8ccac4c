//! The audit log as a file: what its page shows, all of it, a part at a time.

mod csv;

use std::io;

use app::paths;
use axum::{
    body::Bytes,
    extract::{Query, Request, State},
    response::Response,
};
use contract::{
    Backend,
    audit::{Entry, Filter},
    cx::RequestCx,
    needs::Needs,
    page::Page,
};
use domain::{label::visible, rights::Right};
use futures::{Stream, stream};
use serde_json::json;

use super::{
    download,
    problem::{Asked, Problem},
    table::Table,
    web::Web,
};

/// What the files are made from.
#[derive(Clone)]
pub struct Export {
    /// The use cases.
    pub backend: Backend,
    /// For refusals.
    pub web: Web,
}

/// The files, and what each needs.
pub fn table() -> Table<Export> {
    Table::new().get(paths::AUDIT_EXPORT, Needs::OnSomeBot(Right::Audit), export)
}

/// How the lines are written.
#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn named(name: &str) -> Option<Self> {
        match name {
            "csv" | "" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => download::CSV,
            Self::JsonLines => download::JSON_LINES,
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    fn head(self) -> String {
        match self {
            Self::Csv => csv::HEAD.to_owned(),
            Self::JsonLines => String::new(),
        }
    }

    fn line(self, entry: &Entry) -> String {
        match self {
            Self::Csv => csv::line(entry),
            Self::JsonLines => json_line(entry),
        }
    }
}

/// All lines that the filters let through, newest first. In memory is one part of 500 lines; who loses the
/// right to see them in the middle gets no further part.
async fn export(State(export): State<Export>, request: Request) -> Response {
    let asked = Asked::of(&request);
    let Some(cx) = request.extensions().get::<RequestCx>().cloned() else {
        return Problem::INTERNAL.answer(&asked, &export.web);
    };
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    let Ok(Query(pairs)) = pairs else {
        return Problem::MALFORMED.answer(&asked, &export.web);
    };
    let value = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let Some(format) = Format::named(&value("format")) else {
        return Problem::MALFORMED.answer(&asked, &export.web);
    };
    let filter = Filter {
        person: value("person"),
        bot: value("bot"),
        kind: value("kind"),
        resource: value("resource"),
        from: value("from"),
        to: value("to"),
        after: String::new(),
    };
    // The first part decides the status: a refusal is an answer, not a file.
    let first = match export.backend.audit.export(&cx, &filter).await {
        Ok(first) => first,
        Err(error) => {
            let filters = request.uri().query().map(|query| format!("?{query}"));
            let back = format!("{}{}", paths::AUDIT, filters.unwrap_or_default());
            let advice = "Go back to the audit log and choose what to export there.";
            return download::refusal(&error, &request, &asked, &export.web, &back, advice);
        }
    };
    let name = format!("audit-log-{}.{}", cx.now.strftime("%Y-%m-%d"), format.ending());
    let parts = Parts { backend: export.backend, cx, filter, format };
    download::file(&name, format.content_type(), parts.stream(first))
}

struct Parts {
    backend: Backend,
    cx: RequestCx,
    filter: Filter,
    format: Format,
}

/// What comes next.
enum Step {
    /// A part that was read already.
    Part(Page<Entry>),
    /// The part behind this key.
    Behind(String),
}

impl Parts {
    fn stream(self, first: Page<Entry>) -> impl Stream<Item = io::Result<Bytes>> {
        let head = self.format.head();
        let begin = (self, head, Some(Step::Part(first)));
        stream::unfold(begin, |(mut parts, mut text, step)| async move {
            let page = match step? {
                Step::Part(page) => page,
                Step::Behind(key) => {
                    parts.filter.after = key;
                    match parts.backend.audit.export(&parts.cx, &parts.filter).await {
                        Ok(page) => page,
                        // A file that ends early must not look whole.
                        Err(error) => {
                            return Some((Err(io::Error::other(error)), (parts, text, None)));
                        }
                    }
                }
            };
            page.rows.iter().for_each(|entry| text.push_str(&parts.format.line(entry)));
            let next = page.next.map(Step::Behind);
            Some((Ok(Bytes::from(text)), (parts, String::new(), next)))
        })
    }
}

/// A line as JSON. Programs read the very texts; whoever looks at the file meets nothing that hides.
fn json_line(entry: &Entry) -> String {
    let details: serde_json::Value = serde_json::from_str(&entry.details).unwrap_or_default();
    let line = json!({
        "at": entry.at.to_string(),
        "line": entry.seq,
        "actor": entry.actor,
        "actor_id": entry.actor_id,
        "kind": entry.kind,
        "what": entry.sentence,
        "bot": entry.bot,
        "resource": entry.resource,
        "ip": entry.ip,
        "user_agent": entry.user_agent,
        "erased": entry.is_erased,
        "request_id": entry.request_id,
        "details": details,
    });
    format!("{}\n", visible(&line.to_string()))
}

#[cfg(test)]
mod tests;
