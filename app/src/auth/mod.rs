//! Signing up, verifying, signing in.
//!
//! Limits and recovery have their place here: each is a page of its own between these three.

mod login;
mod register;
mod verify;

pub(crate) use {
    login::{Login, LoginPage},
    register::RegisterPage,
    verify::VerifyPage,
};
