//! A token that Telegram does not take: there is another one by now, or a person must act.

use adapters::telegram::Credentials;
use store::{audit::Origin, bots};

use super::{
    SENDER, halt,
    runner::{Lease, Lost},
};
use crate::{
    ServiceError, Services,
    credentials::{self, InForce},
};

const UNKNOWN: &str = "Telegram does not know this bot's token any more. Get the current one from BotFather and put \
                       it into the bot's settings.";

/// Telegram does not know the token of `who`. Gives the one in force when it is another, to go on with.
/// None: the owner has been told, and broadcasts wait for them.
pub(super) async fn another(
    svc: &Services,
    lease: &Lease,
    who: &Credentials,
) -> Result<Option<Credentials>, ServiceError> {
    loop {
        let refused = match credentials::in_force(svc, &lease.scope, who, "send").await? {
            InForce::Another(now) => return Ok(Some(now)),
            InForce::None => {
                halt::look(svc, lease).await?;
                return Ok(None);
            }
            InForce::Same(refused) => refused,
        };
        let told = svc
            .store
            .bot(&lease.scope, async |tx| {
                lease.hold(svc, tx).await?;
                // Somebody may have put a new one into force since we looked.
                let is_in_force = refused.is_in_force(tx).await?;
                if is_in_force {
                    bots::set_trouble(tx, Some(UNKNOWN)).await?;
                    let why = "Telegram does not know the bot's token any more";
                    halt::pause_all(tx, &Origin::system(SENDER), why).await?;
                }
                Ok::<_, Lost>(is_in_force)
            })
            .await;
        match told {
            Ok(true) | Err(Lost::Lease) => return Ok(None),
            Ok(false) => {}
            Err(Lost::Store(error)) => return Err(error.into()),
        }
    }
}
