//! Which pages there are to see.

use crate::people::{self, Guest};

/// Name of the file, who looks, and at which address.
pub type Shot = (&'static str, fn() -> Guest, &'static str);

/// Every page in every state.
pub const SHOTS: &[Shot] = &[
    ("styleguide", people::nobody, "/styleguide"),
    ("not-found", people::nobody, "/no/such/page"),
    ("landing", people::nobody, "/"),
    ("register", people::nobody, "/auth/register"),
    ("register-refused", people::refused_register, "/auth/register"),
    ("register-closed", people::uninvited, "/auth/register"),
    ("landing-closed", people::uninvited, "/"),
    ("verify", people::nobody, "/auth/verify?email=ann%40example.com&done=sent"),
    ("login", people::refused_login, "/auth/login?next=%2Fbots"),
    ("forgot", people::nobody, "/auth/forgot-password?done=sent"),
    ("reset", people::nobody, "/auth/reset-password?token=open"),
    ("reset-void", people::nobody, "/auth/reset-password?token=used"),
    ("first-steps", people::newcomer, "/"),
    ("overview", people::owner, "/"),
    ("bots", people::owner, "/bots"),
    ("connect", people::owner, "/bots/connect"),
    ("connect-refused", people::refused_connect, "/bots/connect"),
    ("connect-look", people::looked, "/bots/connect"),
    ("bot", people::owner, "/bots/acme_shop_bot?done=repaired"),
    ("settings", people::owner, "/bots/acme_shop_bot/settings"),
    ("subscribers", people::owner, "/bots/acme_shop_bot/subscribers"),
    ("subscribers-none", people::owner, "/bots/acme_shop_bot/subscribers?q=nobody"),
    ("subscribers-empty", people::newcomer, "/bots/acme_shop_bot/subscribers"),
    ("person", people::owner, "/bots/acme_shop_bot/subscribers/62000001"),
    ("broadcasts", people::owner, "/bots/acme_shop_bot/broadcasts"),
    ("broadcasts-empty", people::newcomer, "/bots/acme_shop_bot/broadcasts"),
    ("compose", people::owner, "/bots/acme_shop_bot/broadcasts/new"),
    ("draft", people::owner, "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000001"),
    (
        "draft-moved",
        people::conflict,
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000001",
    ),
    (
        "confirm",
        people::owner,
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000001/confirm",
    ),
    (
        "confirm-nobody",
        people::newcomer,
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000001/confirm",
    ),
    (
        "sending",
        people::owner,
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000002",
    ),
    (
        "results",
        people::owner,
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000003",
    ),
    ("audit", people::owner, "/w/audit"),
    ("account", people::owner, "/account"),
    ("account-password", people::owner, "/account/password?done=changed"),
    ("account-address", people::hurried, "/account/address?done=sent"),
    ("account-sessions", people::owner, "/account/sessions"),
    ("account-close", people::hurried, "/account/close"),
    ("forbidden", people::owner, "/bots/foreign_bot"),
];
