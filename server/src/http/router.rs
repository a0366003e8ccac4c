//! Everything joined: which request goes where, through which layers.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode},
    middleware::from_fn_with_state,
    response::Response,
};
use contract::Backend;
use leptos::{
    config::LeptosOptions,
    context::{provide_context, use_context},
};
use store::{Store, StoreError};
use tower_sessions::Session;

use super::{
    blocks,
    cx::{self, Who},
    dev_mail::{self, Mails},
    events::{self, Events},
    export::{self, Export},
    files::{self, Files},
    forms::{self, Forms},
    health::{self, Health},
    known_browser::KnownBrowsers,
    layers::{self, CspNonce},
    metrics::{self, Metrics},
    ports::{Cashier, Doorkeeper, Inbox, Mailbox, Pulse},
    problem::{Asked, Problem},
    session, static_files, stripe_hook,
    table::{Endpoint, Table},
    telegram_hook,
    web::Web,
};

/// All routes that are no page.
struct Tables {
    forms: Table<Forms>,
    events: Table<Events>,
    export: Table<Export>,
    files: Table<Files>,
    health: Table<Health>,
    hooks: Table<Arc<dyn Inbox>>,
    mail: Table<Mails>,
    metrics: Table<Metrics>,
    payments: Table<Arc<dyn Cashier>>,
}

impl Tables {
    fn new() -> Self {
        Self {
            forms: forms::table(),
            events: events::table(),
            export: export::table(),
            files: files::table(),
            health: health::table(),
            hooks: telegram_hook::table(),
            mail: dev_mail::table(),
            metrics: metrics::table(),
            payments: stripe_hook::table(),
        }
    }
}

/// Everything that [`router`] answers to but static files, and what each endpoint needs.
pub fn endpoints() -> Vec<Endpoint> {
    let Tables { forms, events, export, files, health, hooks, mail, metrics, payments } =
        Tables::new();
    let page = |(path, needs)| Endpoint { method: Method::GET, path, needs };
    let mut all: Vec<Endpoint> = app::pages().map(page).collect();
    all.extend(forms.into_endpoints());
    all.extend(events.into_endpoints());
    all.extend(export.into_endpoints());
    all.extend(files.into_endpoints());
    all.extend(health.into_endpoints());
    all.extend(hooks.into_endpoints());
    all.extend(mail.into_endpoints());
    all.extend(metrics.into_endpoints());
    all.extend(payments.into_endpoints());
    all
}

/// Everything that is plugged into the router.
pub struct Plugs {
    /// What every layer knows.
    pub web: Web,
    /// The use cases.
    pub backend: Backend,
    /// Where sessions are.
    pub store: Store,
    /// Signs cookies.
    pub cookie_key: [u8; 64],
    /// Signs the cookie by which a browser is known again.
    pub browser_key: [u8; 32],
    /// Takes in updates.
    pub inbox: Arc<dyn Inbox>,
    /// Takes in what Stripe tells.
    pub cashier: Arc<dyn Cashier>,
    /// Mail to be read at `/dev/mail`; none where mail is sent, or the instance is not local.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// Figures for whoever brings the token; none where none is set.
    pub metrics: Option<Metrics>,
}

/// The whole web app.
pub fn router(plugs: Plugs) -> Router {
    let Plugs { web, backend, store, cookie_key, browser_key, inbox, cashier, mailbox, metrics } =
        plugs;
    let tables = Tables::new();
    let https = web.config.base_url.is_https();
    let pages = pages(&web, &backend);
    let browsers = Arc::new(KnownBrowsers::new(browser_key, https));
    let forms = Forms {
        backend: backend.clone(),
        browsers: Arc::clone(&browsers),
        pages: pages.clone(),
        store: store.clone(),
        web: web.clone(),
    };
    let door: Arc<dyn Doorkeeper> = Arc::new(Door { store: store.clone() });
    let files = Files { backend: backend.clone(), doorkeeper: Arc::clone(&door), web: web.clone() };
    let events = Events { backend: backend.clone(), doorkeeper: door, web: web.clone() };
    let export = Export { backend: backend.clone(), web: web.clone() };
    let who = Who { backend, browsers, web: web.clone() };
    // The last layer added is the outermost.
    let for_people = pages
        .merge(tables.forms.serve(forms))
        .merge(tables.events.serve(events))
        .merge(tables.export.serve(export))
        .merge(tables.files.serve(files))
        .layer(from_fn_with_state(who, cx::attach))
        .layer(session::layer(store.clone(), &cookie_key, https))
        .layer(from_fn_with_state(web.clone(), session::mend_removal))
        .layer(from_fn_with_state(web.clone(), blocks::shut_out));
    let pulse: Arc<dyn Pulse> = Arc::new(Heart { store });
    let mut all = for_people
        .merge(tables.health.serve(Health { pulse, drain: web.drain.clone() }))
        .merge(tables.hooks.serve(inbox))
        .merge(tables.payments.serve(cashier));
    if let Some(mailbox) = mailbox {
        all = all.merge(tables.mail.serve(Mails { mailbox, web: web.clone() }));
    }
    if let Some(metrics) = metrics {
        all = all.merge(tables.metrics.serve(metrics));
    }
    let not_allowed = {
        let web = web.clone();
        move |request| not_allowed(web, request)
    };
    let all = all
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(web.clone(), static_files::serve));
    layers::around(all, &web)
}

/// What connections get that come while the last requests end: the same layers, and no use case.
pub fn draining(web: &Web) -> Router {
    layers::around(health::draining(), web)
}

fn pages(web: &Web, backend: &Backend) -> Router {
    let assets = web.site.snapshot().assets().clone();
    let options = LeptosOptions::builder()
        .output_name(assets.output_name.to_string())
        .site_pkg_dir("pkg")
        .build();
    let (site, backend) = (Arc::clone(&web.site), backend.clone());
    let context = move || {
        provide_context(backend.clone());
        provide_context(site.snapshot().assets().clone());
        let parts = use_context::<axum::http::request::Parts>();
        if let Some(nonce) = parts.and_then(|parts| parts.extensions.get::<CspNonce>().cloned()) {
            // In place of Leptos' own: this is the one in the header.
            provide_context(nonce.0);
        }
    };
    app::routes(options, Arc::new(context))
}

/// A method that this address does not know.
async fn not_allowed(web: Web, request: Request) -> Response {
    Problem {
        status: StatusCode::METHOD_NOT_ALLOWED,
        title: "That cannot be done here",
        what: "This address does not answer to that kind of request.",
        advice: "Go back and use the buttons on the page.",
    }
    .answer(&Asked::of(&request), &web)
}

/// Asks the database whether a session is still there.
struct Door {
    store: Store,
}

#[async_trait]
impl Doorkeeper for Door {
    async fn is_still_in(&self, session: &Session) -> bool {
        session::is_alive(session, &self.store).await
    }
}

/// Asks the database for nothing, to see whether it answers.
struct Heart {
    store: Store,
}

#[async_trait]
impl Pulse for Heart {
    async fn database_answers(&self) -> bool {
        self.store.user(None, async |_| Ok::<_, StoreError>(())).await.is_ok()
    }
}
