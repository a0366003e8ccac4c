//! A broadcast's message on its way out.

use adapters::telegram::Outgoing;
use domain::{broadcast::Manner, text::Message};

/// `message`, to arrive in its `manner`.
pub(crate) fn outgoing(message: Message, Manner { silent, protected }: Manner) -> Outgoing {
    Outgoing { silent, protected, ..Outgoing::from(message) }
}
