//! What the tests drive and what they look at.

mod authenticator;
mod browser;
mod gannet;
mod inbox;
mod program;
mod site;
mod till;

pub use authenticator::{Authenticator, backup_codes, base32};
pub use browser::{Answer, Browser, HTML, JSON};
pub use gannet::{Gannet, free_port, usual_settings};
pub use inbox::SmtpInbox;
pub use program::{Ended, run};
pub use site::{PASSWORD, Site};
pub use till::{Till, WEBHOOK_SECRET, signed};
