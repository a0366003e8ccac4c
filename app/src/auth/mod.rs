//! Signing up, verifying, signing in, and back in without the password.
//!

mod forgot;
mod login;
mod register;
mod reset;
mod verify;

use crate::{
    next,
    page::{Visit, see_other},
    paths,
};

pub(crate) use {
    forgot::ForgotPage,
    login::{Login, LoginPage},
    register::RegisterPage,
    reset::ResetPage,
    verify::VerifyPage,
};

/// Leads whoever is signed in already on to where they wanted to be: there is nothing here for them.
fn lead_on(visit: &Visit) {
    if visit.cx.viewer.is_some() {
        let next = visit.typed("next");
        see_other(next::landing(&next).unwrap_or(paths::HOME));
    }
}
