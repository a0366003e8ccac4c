//! Which address shows which page.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    account::AccountPage,
    audit::AuditPage,
    auth::{LoginPage, RegisterPage, VerifyPage},
    bots::{BotPage, BotsPage, ConnectPage, SettingsPage},
    broadcasts::{BroadcastPage, BroadcastsPage, ConfirmPage, NewBroadcastPage},
    home::Home,
    page::{page, set_status},
    shell::shell,
    styleguide::StyleguidePage,
    subscribers::{PersonPage, SubscribersPage},
};

/// All pages and server functions, as a router of its own.
///
/// `context` runs for every request inside Leptos' owner; it provides [`contract::Backend`],
/// [`crate::Assets`] and the nonce. Leptos' types are built in here, so that an edit of the server
/// does not build them again.
pub fn routes(options: LeptosOptions, context: Arc<dyn Fn() + Send + Sync>) -> axum::Router {
    let list = generate_route_list(App);
    let page_shell = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let provide = move || context();
    axum::Router::new()
        .leptos_routes_with_context(&options, list, provide.clone(), page_shell.clone())
        .fallback(render_app_async_with_context(provide, page_shell))
        .with_state(options)
}

/// The pages behind one another.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=Home ssr=SsrMode::Async />
                <Route path=path!("/auth/register") view=RegisterPage ssr=SsrMode::Async />
                <Route path=path!("/auth/verify") view=VerifyPage ssr=SsrMode::Async />
                <Route path=path!("/auth/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/bots") view=BotsPage ssr=SsrMode::Async />
                <Route path=path!("/bots/connect") view=ConnectPage ssr=SsrMode::Async />
                <Route path=path!("/bots/:slug") view=BotPage ssr=SsrMode::Async />
                <Route path=path!("/bots/:slug/settings") view=SettingsPage ssr=SsrMode::Async />
                <Route
                    path=path!("/bots/:slug/subscribers")
                    view=SubscribersPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/bots/:slug/subscribers/:chat")
                    view=PersonPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/bots/:slug/broadcasts")
                    view=BroadcastsPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/bots/:slug/broadcasts/new")
                    view=NewBroadcastPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/bots/:slug/broadcasts/:id")
                    view=BroadcastPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/bots/:slug/broadcasts/:id/confirm")
                    view=ConfirmPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/w/audit") view=AuditPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=StyleguidePage ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
    .into_any()
}

/// No page has this address.
#[component]
fn NotFound() -> impl IntoView {
    set_status(404);
    page(|_| async { Err(contract::ClientError::NotFound) })
}
