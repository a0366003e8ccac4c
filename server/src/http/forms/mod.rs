//! Forms: what a page posts, and what it gets back.
//!
//! A form posts to a handler that calls the use case. When it succeeds the answer is 303 to a page;
//! when it fails the same page is shown again with a true status, the errors at the fields and what
//! was typed still there. Whoever asks for JSON gets the same as JSON.

mod auth;
mod bots;
mod broadcasts;
mod kept;
mod next;
mod posted;
mod reply;
mod theme;

use axum::{Router, routing::post};
use contract::Backend;

use super::web::Web;

pub(in crate::http) use broadcasts::known;
pub use next::{landing, same_site};
pub use posted::Posted;

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct Forms {
    /// The use cases.
    pub backend: Backend,
    /// The pages, to show one again.
    pub pages: Router,
    /// For everything else.
    pub web: Web,
}

/// The routes of all forms.
pub fn routes(forms: Forms) -> Router {
    let auth = || {
        Router::new()
            .route("/register", post(auth::register))
            .route("/verify", post(auth::verify))
            .route("/resend", post(auth::resend))
            .route("/login", post(auth::login))
            .route("/logout", post(auth::logout))
    };
    let broadcast = Router::new()
        .route("/", post(broadcasts::save))
        .route("/send", post(broadcasts::send))
        .route("/pause", post(broadcasts::pause))
        .route("/resume", post(broadcasts::resume))
        .route("/cancel", post(broadcasts::cancel))
        .route("/discard", post(broadcasts::discard))
        .route("/test", post(broadcasts::send_to_me))
        .route("/link", post(broadcasts::link_in_sandbox));
    let bot = Router::new()
        .route("/repair", post(bots::repair))
        .route("/settings", post(bots::set_texts))
        .route("/token", post(bots::rotate))
        .route("/disconnect", post(bots::disconnect))
        .route("/broadcasts", post(broadcasts::create))
        .nest("/broadcasts/{id}", broadcast);
    Router::new()
        .nest("/auth", auth())
        // The same handlers, for programs.
        .nest("/api/auth", auth())
        .route("/theme", post(theme::choose))
        .route("/bots/connect", post(bots::connect))
        .route("/bots/sandbox", post(bots::connect_sandbox))
        .nest("/bots/{slug}", bot)
        .with_state(forms)
}

#[cfg(test)]
mod tests;
