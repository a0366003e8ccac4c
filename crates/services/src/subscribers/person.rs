//! One subscriber.

use contract::{
    cx::RequestCx,
    subscribers::{Person, PersonDelivery},
};
use domain::{ids::ChatId, markup, rights::Right, text};
use store::subscribers;

use super::row;
use crate::{ServiceError, Services, access};

/// Most broadcasts that are shown.
const DELIVERIES: i64 = 50;

/// Most characters of a broadcast's text.
const EXCERPT: usize = 80;

/// One person, and what was sent to them.
///
/// # Errors
/// [`ServiceError::Denied`] to strangers; [`ServiceError::NotFound`] for a number that never pressed
/// Start.
pub async fn person(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    chat: ChatId,
) -> Result<Person, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let (person, received) = svc
        .store
        .bot(&scope, async |tx| {
            let person = subscribers::find(tx, chat).await?.ok_or(ServiceError::NotFound)?;
            Ok::<_, ServiceError>((person, subscribers::received(tx, chat, DELIVERIES).await?))
        })
        .await?;
    Ok(Person {
        last_active_at: person.last_active_at,
        status_since: person.status_at,
        row: row(person),
        deliveries: received
            .into_iter()
            .map(|received| PersonDelivery {
                broadcast: received.broadcast,
                excerpt: text::excerpt(&markup::parse(&received.source).text, EXCERPT),
                outcome: received.outcome,
                reason: received.reason,
                at: received.at,
            })
            .collect(),
    })
}
