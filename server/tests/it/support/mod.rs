//! What the tests drive and what they look at.

mod browser;
mod gannet;
mod inbox;
mod site;

pub use browser::Browser;
pub use gannet::Gannet;
pub use inbox::SmtpInbox;
pub use site::Site;
