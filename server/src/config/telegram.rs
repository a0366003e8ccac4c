//! Which Telegram, how fast, and the sandbox.

use domain::paid::Offer;
use url::Url;

use super::{Reader, WebConfig, base_url::is_loopback, reader::Value};

const TELEGRAM: &str = "https://api.telegram.org";
/// Messages a second that Telegram's own server allows a bot.
const TELEGRAMS_RATE: u32 = 30;
const FASTEST_RATE: u32 = 100_000;

/// Which Telegram, how fast, and the sandbox.
#[derive(Clone, Debug)]
pub struct TelegramConfig {
    /// Base of the Bot API for real bots, without a slash at the end.
    /// `TELEGRAM_API_URL`, default <https://api.telegram.org>. http only for loopback, because
    /// the path holds the bot's token.
    pub api_url: String,
    /// Most messages a second that one bot sends.
    /// `TELEGRAM_RATE_PER_BOT`, 1 to 100000, default 30; more only with a server of one's own.
    pub rate_per_bot: u32,
    /// What going faster than `TELEGRAM_RATE_PER_BOT` costs, where it is offered: both or neither.
    /// `TELEGRAM_PAID_RATE`, messages a second, above that rate and at most 100000, and
    /// `TELEGRAM_PAID_PRICE_MILLISTARS`, thousandths of a Star for each, 1 to 1000000. Telegram's own are 1000 and 100.
    pub paid: Option<Offer>,
    /// Whether the sandbox Telegram is offered.
    /// `SANDBOX`, on, off or auto (default): on when `BASE_URL` is loopback.
    pub sandbox: bool,
}

impl TelegramConfig {
    pub(super) fn read(reader: &mut Reader<'_>, web: &WebConfig) -> Self {
        let ApiUrl(api_url) = reader.or("TELEGRAM_API_URL", ApiUrl(TELEGRAM.to_owned()));
        let Rate(rate_per_bot) = reader.or("TELEGRAM_RATE_PER_BOT", Rate(TELEGRAMS_RATE));
        if rate_per_bot > TELEGRAMS_RATE && api_url == TELEGRAM {
            let what = "more than 30 a second is refused by api.telegram.org; \
                        only raise it for a Bot API server of your own (TELEGRAM_API_URL)";
            reader.complain("TELEGRAM_RATE_PER_BOT", what);
        }
        let paid_rate = reader.maybe::<Rate>("TELEGRAM_PAID_RATE", "not offered");
        let price = reader.maybe::<Price>("TELEGRAM_PAID_PRICE_MILLISTARS", "not offered");
        let paid = match (paid_rate, price) {
            (Some(Rate(rate)), Some(Price(price))) => Some(Offer { rate, price }),
            (None, None) => None,
            (Some(_), None) => {
                let what = "paying needs a price: set TELEGRAM_PAID_PRICE_MILLISTARS too";
                reader.complain("TELEGRAM_PAID_RATE", what);
                None
            }
            (None, Some(_)) => {
                let what = "paying needs a rate: set TELEGRAM_PAID_RATE too";
                reader.complain("TELEGRAM_PAID_PRICE_MILLISTARS", what);
                None
            }
        };
        if paid.is_some_and(|offer| offer.rate <= rate_per_bot) {
            let what = "nobody pays for what is free: it must be above TELEGRAM_RATE_PER_BOT";
            reader.complain("TELEGRAM_PAID_RATE", what);
        }
        let sandbox = match reader.or("SANDBOX", Sandbox::Auto) {
            Sandbox::On => true,
            Sandbox::Off => false,
            Sandbox::Auto => web.base_url.is_loopback(),
        };
        Self { api_url, rate_per_bot, paid, sandbox }
    }
}

/// When the sandbox Telegram is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// Always.
    On,
    /// Never.
    Off,
    /// When `BASE_URL` is loopback.
    Auto,
}

impl Value for Sandbox {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            "auto" => Ok(Self::Auto),
            _ => Err(format!("`{text}` is not on, off or auto")),
        }
    }

    fn show(&self) -> String {
        let name = match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Auto => "auto",
        };
        name.to_owned()
    }
}

pub(super) struct ApiUrl(pub String);

impl Value for ApiUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|err| format!("not an address ({err})"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err("http is for loopback only, secrets go along".to_owned()),
            other => return Err(format!("{other}: is not http or https")),
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err("give scheme, host, port and path only".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

struct Price(u32);

impl Value for Price {
    fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(price @ 1..=1_000_000) => Ok(Self(price)),
            _ => Err(format!("`{text}` is not a whole number from 1 to 1000000")),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

struct Rate(u32);

impl Value for Rate {
    fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(rate @ 1..=FASTEST_RATE) => Ok(Self(rate)),
            _ => Err(format!("`{text}` is not a whole number from 1 to {FASTEST_RATE}")),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}
