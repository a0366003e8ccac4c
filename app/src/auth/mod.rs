//! Signing up, verifying, signing in, and back in without the password.
//!
//! Limits and the second factor have their place here: each is a page of its own between these.

mod forgot;
mod login;
mod register;
mod reset;
mod verify;

pub(crate) use {
    forgot::ForgotPage, login::LoginPage, register::RegisterPage, reset::ResetPage,
    verify::VerifyPage,
};
