//! A mailer without a server.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Mail, MailError, Mailer};

/// Most mails kept; the oldest makes room.
const MOST: usize = 200;

/// Keeps the last 200 mails in memory and delivers none.
#[derive(Debug, Default)]
pub struct Kept(Mutex<VecDeque<Mail>>);

impl Kept {
    /// What was sent, newest first.
    pub fn mails(&self) -> Vec<Mail> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().rev().cloned().collect()
    }
}

#[async_trait]
impl Mailer for Kept {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() == MOST {
            mails.pop_front();
        }
        mails.push_back(mail.clone());
        Ok(())
    }
}
