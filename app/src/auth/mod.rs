//! Signing up, verifying, signing in.
//!
//! Limits, the second factor and recovery have their place here: each is a page of its own between
//! these three.

mod login;
mod register;
mod verify;

use crate::{
    next,
    page::{Visit, see_other},
    paths,
};

pub(crate) use {login::LoginPage, register::RegisterPage, verify::VerifyPage};

/// Leads whoever is signed in already on to where they wanted to be: there is nothing here for them.
fn lead_on(visit: &Visit) {
    if visit.cx.viewer.is_some() {
        let next = visit.typed("next");
        see_other(next::landing(&next).unwrap_or(paths::HOME));
    }
}
