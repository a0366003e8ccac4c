//! The second factor: the step at sign-in, its own page, and the workspaces that ask for it.

mod codes;
mod qr;
mod security;
mod sign_in;
mod two_factor;

pub(crate) use {security::SecurityPage, sign_in::SecondFactorPage, two_factor::TwoFactorPage};
