//! The sandbox that an instance may offer, as use cases see it.

use adapters::telegram::{ApiBase, BotToken};
use async_trait::async_trait;
use domain::ids::ChatId;

/// A Telegram of our own with people in it.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Where its Bot API is.
    fn base(&self) -> ApiBase;

    /// Makes a bot and gives its token.
    ///
    /// # Errors
    /// A sentence for the log when the sandbox does not answer.
    async fn create_bot(&self, username: &str, name: &str) -> Result<BotToken, String>;

    /// Lets `count` people press Start over the next `secs` seconds.
    ///
    /// # Errors
    /// As [`Sandbox::create_bot`].
    async fn send_people(&self, token: &BotToken, count: u32, secs: u32) -> Result<(), String>;

    /// Lets a person called `name` press Start with `payload`. Gives the person's chat.
    ///
    /// # Errors
    /// As [`Sandbox::create_bot`].
    async fn press_start(
        &self,
        token: &BotToken,
        name: &str,
        payload: &str,
    ) -> Result<ChatId, String>;
}
