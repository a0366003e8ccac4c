//! Files of a workspace's export, a part at a time.

use std::{
    io::{self, Cursor, Read},
    sync::Arc,
};

use app::paths;
use axum::{
    body::Bytes,
    extract::{Path, Request, State},
    response::Response,
};
use contract::{Backend, ClientError, cx::RequestCx, export::Part, needs::Needs};
use flate2::read::GzDecoder;
use futures::{Stream, stream};
use tower_sessions::Session;

use super::{
    download,
    ports::Doorkeeper,
    problem::{Asked, Problem},
    table::Table,
    web::Web,
};

/// What the files are read from.
#[derive(Clone)]
pub struct Files {
    /// The use cases.
    pub backend: Backend,
    /// Ends a file that goes to somebody who has signed out.
    pub doorkeeper: Arc<dyn Doorkeeper>,
    /// For refusals.
    pub web: Web,
}

/// The files, and what they need.
pub fn table() -> Table<Files> {
    Table::new().get("/w/export/{id}/{file}", Needs::Owner, file)
}

/// A file, as it was written. It lies here compressed, a member of gzip each part, and goes out as it is read:
/// browsers that take gzip read the first member and no further. In memory are one part and a piece of its
/// text. Who loses the right to it in the middle, or is signed out, gets no further part.
async fn file(
    State(files): State<Files>,
    Path((id, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let asked = Asked::of(&request);
    let cx = request.extensions().get::<RequestCx>().cloned();
    let session = request.extensions().get::<Session>().cloned();
    let (Some(cx), Some(session)) = (cx, session) else {
        return Problem::INTERNAL.answer(&asked, &files.web);
    };
    let first = match files.backend.exports.fetch(&cx, &id, &file).await {
        Ok(first) => first,
        Err(error) => {
            let advice = "Go back to the export and choose a file there.";
            return download::refusal(&error, &request, &asked, &files.web, paths::EXPORT, advice);
        }
    };
    // It is one of ours: there is such a file.
    let content_type = if file.ends_with(".csv") { download::CSV } else { download::JSON_LINES };
    let name = file.clone();
    let Files { backend, doorkeeper, .. } = files;
    let parts = Parts { backend, doorkeeper, cx, session, id, file };
    download::file(&name, content_type, parts.stream(first))
}

struct Parts {
    backend: Backend,
    doorkeeper: Arc<dyn Doorkeeper>,
    cx: RequestCx,
    session: Session,
    id: String,
    file: String,
}

/// What comes next of a file.
enum Next {
    /// A part that was read already.
    Part(Part),
    /// What is left of the part at this place.
    Rest(i32, Box<GzDecoder<Cursor<Vec<u8>>>>),
    /// The part behind this place.
    Behind(i32),
}

/// Bytes of a part that are written out at once.
const PIECE: usize = 64 * 1024;

impl Parts {
    fn stream(self, first: Part) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold((self, Some(Next::Part(first))), |(parts, mut next)| async move {
            loop {
                match parts.step(next?).await {
                    Ok((Some(bytes), then)) => return Some((Ok(bytes), (parts, then))),
                    Ok((None, then)) => next = then,
                    // A file that ends early must not look whole.
                    Err(error) => return Some((Err(error), (parts, None))),
                }
            }
        })
    }

    async fn step(&self, next: Next) -> io::Result<(Option<Bytes>, Option<Next>)> {
        match next {
            Next::Part(Part { n, gzip }) => {
                let reader = Box::new(GzDecoder::new(Cursor::new(gzip)));
                Ok((None, Some(Next::Rest(n, reader))))
            }
            Next::Rest(n, mut reader) => {
                let mut piece = Vec::with_capacity(PIECE);
                reader.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
                match piece.is_empty() {
                    true => Ok((None, Some(Next::Behind(n)))),
                    false => Ok((Some(piece.into()), Some(Next::Rest(n, reader)))),
                }
            }
            Next::Behind(n) => {
                if !self.doorkeeper.is_still_in(&self.session).await {
                    return Err(io::Error::other(ClientError::Unauthenticated));
                }
                let part = self.backend.exports.part_after(&self.cx, &self.id, &self.file, n).await;
                Ok((None, part.map_err(io::Error::other)?.map(Next::Part)))
            }
        }
    }
}
