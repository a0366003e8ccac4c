//! Forms: what a page posts, and what it gets back.
//!
//! A form posts to a handler that calls the use case. When it succeeds the answer is 303 to a page;
//! when it fails the same page is shown again with a true status, the errors at the fields and what
//! was typed still there. Whoever asks for JSON gets the same as JSON.

mod account;
mod approvals;
mod auth;
mod billing;
mod bots;
mod broadcasts;
mod instance;
mod kept;
mod posted;
mod proof;
mod reply;
mod second_factor;
mod team;
mod theme;

use std::sync::Arc;

use axum::Router;
use contract::{Backend, needs::Needs};
use domain::{limit::Limit, rights::Right};
use store::Store;

use super::{known_browser::KnownBrowsers, table::Table, web::Web};

pub(in crate::http) use broadcasts::known;
pub use posted::Posted;

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct Forms {
    /// The use cases.
    pub backend: Backend,
    /// Knows browsers again.
    pub browsers: Arc<KnownBrowsers>,
    /// The pages, to show one again.
    pub pages: Router,
    /// Where sessions are.
    pub store: Store,
    /// For everything else.
    pub web: Web,
}

/// What a request to `path` counts as, by client.
fn limit_of(path: &str) -> Option<Limit> {
    let door = path.strip_prefix("/api").unwrap_or(path).strip_prefix("/auth/")?;
    Some(match door {
        "register" => Limit::Register,
        "verify" => Limit::Verify,
        "resend" => Limit::Resend,
        "login" => Limit::Login,
        "2fa" => Limit::SecondFactor,
        "forgot-password" => Limit::ForgotByClient,
        "reset-password" => Limit::ResetByClient,
        _ => return None,
    })
}

/// All forms, and what each needs.
pub fn table() -> Table<Forms> {
    use Needs::{Admin, InstanceAdmin, OnBot, Owner, OwnerOfBot, Public, SignedIn};
    use Right::{Edit, Manage, Send};

    let auth = || {
        Table::new()
            .post("/register", Public, auth::register)
            .post("/verify", Public, auth::verify)
            .post("/resend", Public, auth::resend)
            .post("/login", Public, auth::login)
            .post("/2fa", Public, second_factor::sign_in)
            .post("/logout", Public, auth::logout)
            .post("/forgot-password", Public, auth::forgot)
            .post("/reset-password", Public, auth::reset)
    };
    let account = Table::new()
        .post("/", SignedIn, account::set_profile)
        .post("/password", SignedIn, account::change_password)
        .post("/address", SignedIn, account::ask_address)
        .post("/address/resend", SignedIn, account::resend_address)
        .post("/address/verify", SignedIn, account::verify_address)
        .post("/sessions/revoke", SignedIn, account::revoke)
        .post("/sessions/revoke-others", SignedIn, account::revoke_others)
        .post("/close", SignedIn, account::close)
        .post("/subscription/checkout", Owner, billing::checkout)
        .post("/subscription/portal", Owner, billing::portal)
        .post("/subscription/change", Owner, billing::change)
        .post("/subscription/look", Owner, billing::look);
    let broadcast = Table::new()
        .post("/", OnBot(Edit), broadcasts::save)
        .post("/send", OnBot(Send), broadcasts::send)
        .post("/recipients", OnBot(Send), broadcasts::address)
        .post("/pay", OnBot(Send), broadcasts::pay)
        .post("/schedule", OnBot(Send), broadcasts::schedule)
        .post("/unschedule", OnBot(Send), broadcasts::unschedule)
        .post("/pause", OnBot(Send), broadcasts::pause)
        .post("/resume", OnBot(Send), broadcasts::resume)
        .post("/cancel", OnBot(Send), broadcasts::cancel)
        .post("/again", OnBot(Send), broadcasts::send_again)
        .post("/discard", OnBot(Edit), broadcasts::discard)
        .post("/test", OnBot(Edit), broadcasts::send_to_me)
        .post("/link", OnBot(Edit), broadcasts::link_in_sandbox)
        .post("/ask", OnBot(Send), approvals::ask)
        .post("/approve", OnBot(Send), approvals::approve)
        .post("/refuse", OnBot(Send), approvals::refuse)
        .post("/withdraw", OnBot(Send), approvals::withdraw);
    let bot = Table::new()
        .post("/repair", OnBot(Manage), bots::repair)
        .post("/settings", OnBot(Edit), bots::set_texts)
        .post("/token", OnBot(Manage), bots::rotate)
        .post("/read-only", OnBot(Manage), bots::set_read_only)
        .post("/rate", OnBot(Manage), bots::set_rate)
        .post("/disconnect", OnBot(Manage), bots::disconnect)
        .post("/move", OwnerOfBot, bots::relocate)
        .post("/broadcasts", OnBot(Edit), broadcasts::create)
        .nest("/broadcasts/{id}", broadcast);
    let two_factor = Table::new()
        .post("/begin", SignedIn, second_factor::begin)
        .post("/confirm", SignedIn, second_factor::confirm)
        .post("/codes", SignedIn, second_factor::renew_codes)
        .post("/off", SignedIn, second_factor::turn_off);
    Table::new()
        .nest("/auth", auth())
        // The same handlers, for programs.
        .nest("/api/auth", auth())
        .nest("/account", account)
        .post("/theme", Public, theme::choose)
        .post("/instance/setup", SignedIn, instance::set_up)
        .post("/instance/blocks/lift", InstanceAdmin, instance::lift)
        .post("/instance/invite", InstanceAdmin, instance::invite)
        .post("/instance/workspaces/owner", InstanceAdmin, instance::give_owner)
        .nest("/account/two-factor", two_factor)
        .post("/w/security", Owner, second_factor::set_rule)
        .post("/w/export", Owner, team::export)
        .post("/w/approval", Owner, approvals::set_bound)
        .post("/w/new", SignedIn, team::found)
        .post("/w/switch", SignedIn, team::switch)
        .post("/w/rename", Admin, team::rename)
        .post("/w/close", Owner, team::close)
        .post("/w/keep", SignedIn, team::keep)
        .post("/w/leave", SignedIn, team::leave)
        .post("/w/members/role", Admin, team::set_role)
        .post("/w/members/remove", Admin, team::remove)
        .post("/w/members/sign-out", Admin, team::sign_out)
        .post("/w/invitations", Admin, team::invite)
        .post("/w/invitations/revoke", Admin, team::revoke)
        .post("/w/invitations/resend", Admin, team::resend)
        .post("/w/rights", Admin, team::grant)
        .post("/join", SignedIn, team::join)
        .post("/bots/connect", Admin, bots::connect)
        .post("/bots/sandbox", Admin, bots::connect_sandbox)
        .nest("/bots/{slug}", bot)
}

#[cfg(test)]
mod tests;
