//! What happened to the account lately.

use contract::{account::Occasion, cx::RequestCx};
use domain::audit::AccountEvent;
use store::{
    StoreError,
    accounts::log::{self, Line},
};

use crate::{ServiceError, Services, access};

/// Most lines shown of what strangers can cause, and of all else.
const MOST: i64 = 100;

/// Sign-ins, refusals and changes of 30 days, the latest first.
pub(super) async fn history(svc: &Services, cx: &RequestCx) -> Result<Vec<Occasion>, ServiceError> {
    let user = access::viewer(cx)?.user;
    let lines = svc
        .store
        .user(Some(user), async |tx| Ok::<_, StoreError>(log::of_user(tx, MOST).await?))
        .await?;
    let occasion = |Line { at, kind, ip, user_agent }: Line| {
        let event = AccountEvent::of_kind(&kind);
        Occasion {
            at,
            // A newer version wrote it into the same database.
            what: event.map_or(kind, |event| event.sentence().to_owned()),
            refused: event.is_some_and(AccountEvent::is_refusal),
            country: svc.country(&ip),
            ip,
            user_agent,
        }
    };
    Ok(lines.into_iter().map(occasion).collect())
}
