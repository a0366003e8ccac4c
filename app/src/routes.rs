//! Which address shows which page.

use std::sync::Arc;

use contract::needs::Needs;
use domain::rights::Right;
use leptos::{prelude::*, server_fn::axum::server_fn_paths};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    account::{AccountPage, AddressPage, ClosePage, PasswordPage, SessionsPage},
    audit::AuditPage,
    auth::{ForgotPage, LoginPage, RegisterPage, ResetPage, VerifyPage},
    billing::{ChangePlanPage, SubscriptionPage},
    bots::{BotPage, BotsPage, ConnectPage, SettingsPage},
    broadcasts::{AgainPage, BroadcastPage, BroadcastsPage, ConfirmPage, NewBroadcastPage},
    chats::ChatsPage,
    home::Home,
    instance::{InstancePage, LogPage, SetupPage},
    page::{page, set_status},
    second_factor::{SecondFactorPage, SecurityPage, TwoFactorPage},
    shell::shell,
    styleguide::StyleguidePage,
    subscribers::{PersonPage, SubscribersPage},
    team::{ExportPage, JoinPage, MembersPage, RightsPage, WorkspacePage},
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

/// The pages: address, need, component. A page that does not say what it needs does not compile.
macro_rules! pages {
    ($($path:tt $needs:expr => $view:ident;)+) => {
        const PAGES: &[(&str, Needs)] = &[$(($path, $needs)),+];

        /// The pages behind one another.
        #[component]
        pub(crate) fn App() -> impl IntoView {
            provide_meta_context();
            view! {
                <Router>
                    <FlatRoutes fallback=NotFound>
                        $(<Route path=path!($path) view=$view ssr=SsrMode::Async />)+
                    </FlatRoutes>
                </Router>
            }
            .into_any()
        }
    };
}

pages! {
    "/" Needs::Public => Home;
    "/auth/register" Needs::Public => RegisterPage;
    "/auth/verify" Needs::Public => VerifyPage;
    "/auth/login" Needs::Public => LoginPage;
    "/auth/forgot-password" Needs::Public => ForgotPage;
    "/auth/reset-password" Needs::Public => ResetPage;
    "/auth/2fa" Needs::Public => SecondFactorPage;
    "/bots" Needs::SignedIn => BotsPage;
    "/bots/connect" Needs::SignedIn => ConnectPage;
    "/bots/:slug" Needs::OnBot(Right::View) => BotPage;
    "/bots/:slug/settings" Needs::OnBot(Right::View) => SettingsPage;
    "/bots/:slug/subscribers" Needs::OnBot(Right::View) => SubscribersPage;
    "/bots/:slug/subscribers/:chat" Needs::OnBot(Right::View) => PersonPage;
    "/bots/:slug/chats" Needs::OnBot(Right::View) => ChatsPage;
    "/bots/:slug/broadcasts" Needs::OnBot(Right::View) => BroadcastsPage;
    "/bots/:slug/broadcasts/new" Needs::OnBot(Right::Edit) => NewBroadcastPage;
    "/bots/:slug/broadcasts/:id" Needs::OnBot(Right::View) => BroadcastPage;
    "/bots/:slug/broadcasts/:id/confirm" Needs::OnBot(Right::Send) => ConfirmPage;
    "/bots/:slug/broadcasts/:id/again" Needs::OnBot(Right::Send) => AgainPage;
    "/w/audit" Needs::OnSomeBot(Right::Audit) => AuditPage;
    "/w" Needs::SignedIn => WorkspacePage;
    "/w/members" Needs::SignedIn => MembersPage;
    "/w/rights" Needs::Admin => RightsPage;
    "/join" Needs::Public => JoinPage;
    "/w/security" Needs::Owner => SecurityPage;
    "/w/export" Needs::Owner => ExportPage;
    "/account" Needs::SignedIn => AccountPage;
    "/instance" Needs::InstanceAdmin => InstancePage;
    "/instance/log" Needs::InstanceAdmin => LogPage;
    "/instance/setup" Needs::SignedIn => SetupPage;
    "/account/password" Needs::SignedIn => PasswordPage;
    "/account/address" Needs::SignedIn => AddressPage;
    "/account/sessions" Needs::SignedIn => SessionsPage;
    "/account/subscription" Needs::Owner => SubscriptionPage;
    "/account/subscription/change" Needs::Owner => ChangePlanPage;
    "/account/close" Needs::SignedIn => ClosePage;
    "/account/two-factor" Needs::SignedIn => TwoFactorPage;
    "/styleguide" Needs::Local => StyleguidePage;
}

/// Every page with what it needs; a path's parts in braces.
pub fn pages() -> impl Iterator<Item = (String, Needs)> {
    PAGES.iter().map(|(path, needs)| (braced(path), *needs))
}

/// What [`routes`] serves beside [`pages()`]: a route that was nested by hand, or a server function.
/// There is none, and a test keeps it so: islands post the forms.
pub fn undeclared() -> Vec<String> {
    let declared: Vec<String> = pages().map(|(path, _)| path).collect();
    let functions = server_fn_paths().map(|(path, _)| path.to_owned());
    generate_route_list(App)
        .into_iter()
        .map(|listing| listing.path().to_owned())
        .chain(functions)
        .filter(|path| !declared.contains(path))
        .collect()
}

/// `/a/:b` as `/a/{b}`.
fn braced(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// No page has this address.
#[component]
fn NotFound() -> impl IntoView {
    set_status(404);
    page(|_| async { Err(contract::ClientError::NotFound) })
}
