//! Updates on their way in, and what they change.

mod applying;
mod audience;
mod places;
mod roads;
