//! Components that show what they are given and call nobody.
//!
//! Each works without scripts; the few that become livelier with them are islands. A component's
//! class is its name, its state an attribute; the stylesheet in `style/` knows the same words.

mod button;
mod card;
mod chart;
mod code;
mod copy;
mod countdown;
mod dialog;
mod empty;
mod errors;
mod escape;
mod field;
mod icon;
pub(crate) mod island;
mod keys;
mod mark;
mod notice;
mod page_header;
mod pager;
mod password;
mod print;
mod progress;
mod skeleton;
mod stats;
mod steps;
mod table;
mod telegram;
mod theme;

pub use button::*;
pub use card::*;
pub use chart::*;
pub use code::*;
pub use copy::*;
pub use countdown::*;
pub use dialog::*;
pub use empty::*;
pub use errors::*;
pub(crate) use escape::escaped;
pub use field::*;
pub use icon::*;
pub use keys::*;
pub use mark::*;
pub use notice::*;
pub use page_header::*;
pub use pager::*;
pub use password::*;
pub use print::*;
pub use progress::*;
pub use skeleton::*;
pub use stats::*;
pub use steps::*;
pub use table::*;
pub(crate) use telegram::html as telegram_html;
pub use telegram::*;
pub use theme::*;
