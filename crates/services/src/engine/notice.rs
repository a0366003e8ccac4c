//! Word to a workspace's owners that a broadcast of theirs has stopped by itself.

use domain::{email::Email, ids::BroadcastId, rights::Role};
use store::{BotScope, bots, broadcasts, members};

use crate::{
    ServiceError, Services,
    mail::{self, Written, templates::Stopped},
};

/// A letter to each owner, to be put into the outbox by the commit that stops the broadcast.
///
/// That it stops must not wait for a letter: where none can be written (the keys may be what is out of reach)
/// there is none, and the page and the audit log say it all the same.
pub(super) async fn letters(
    svc: &Services,
    scope: &BotScope,
    id: BroadcastId,
    why: &str,
) -> Vec<Written> {
    match write(svc, scope, id, why).await {
        Ok(letters) => letters,
        Err(error) => {
            tracing::warn!(?error, bot.id = %scope.bot, "owners are not told by mail that a broadcast stopped");
            Vec::new()
        }
    }
}

async fn write(
    svc: &Services,
    scope: &BotScope,
    id: BroadcastId,
    why: &str,
) -> Result<Vec<Written>, ServiceError> {
    let (bot, broadcast, owners) = svc
        .store
        .bot(scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            let broadcast = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            Ok::<_, ServiceError>((bot, broadcast, members::with_role(tx, Role::Owner).await?))
        })
        .await?;
    let base = &svc.settings.base_url;
    let letter = mail::templates::broadcast_stopped(
        base,
        &Stopped {
            url: format!("{base}/bots/{}/broadcasts/{id}", bot.slug),
            bot: format!("@{}", bot.username),
            reached: broadcast.tally.total(),
            total: broadcast.total,
            why: why.to_owned(),
        },
    );
    let mut letters = Vec::with_capacity(owners.len());
    for owner in owners {
        let to: Email =
            owner.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
        letters.push(mail::write(svc, &to, &letter, None).await?);
    }
    Ok(letters)
}
