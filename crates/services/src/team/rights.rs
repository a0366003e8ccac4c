//! What members may do with which bot.

use std::collections::HashMap;

use contract::{
    cx::RequestCx,
    team::{Grant, Matrix, OnBots},
};
use domain::{
    audit::Event,
    bot::Slug,
    ids::{BotId, UserId},
    rights::{NotSo, Preset, Rights, Role, Roll},
};
use store::{WorkspaceTx, audit, bots, members};

use super::not_so;
use crate::{ServiceError, Services, access};

pub(super) async fn matrix(svc: &Services, cx: &RequestCx) -> Result<Matrix, ServiceError> {
    let scope = access::admin(svc, cx).await?;
    svc.store
        .workspace(&scope, async |tx| {
            let (bots, people) = (bots::connected(tx, None).await?, members::people(tx).await?);
            let granted: HashMap<_, _> = members::grants(tx)
                .await?
                .into_iter()
                .map(|(user, bot, rights)| ((user, bot), rights))
                .collect();
            let on = |user| {
                let on = |bot: &bots::Bot| granted.get(&(user, bot.id)).copied();
                bots.iter().map(|bot| on(bot).unwrap_or_default()).collect()
            };
            let members = people
                .into_iter()
                .filter(|person| person.role == Role::Member)
                .map(|person| (person.user, person.name, on(person.user)))
                .collect();
            let bots = bots.iter().map(|bot| (bot.slug.to_string(), bot.name.clone())).collect();
            Ok::<_, ServiceError>(Matrix { bots, members })
        })
        .await
}

/// Changes what one member may do. Bots that are not spoken of stay as they are.
pub(super) async fn grant(
    svc: &Services,
    cx: &RequestCx,
    form: Grant,
    on: OnBots,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let gone = || not_so(NotSo::Gone);
    let who: UserId = form.user.parse().map_err(|_| gone())?;
    svc.store
        .workspace(&scope, async |tx| {
            let role = Roll::new(members::roll(tx).await?).role(who).map_err(not_so)?;
            if role != Role::Member {
                let why = "Owners and admins hold every right on every bot.";
                return Err(ServiceError::Conflict(why.into()));
            }
            let name = members::name_of(tx, who).await?;
            for (bot, slug, rights) in read(tx, on).await? {
                let had = members::grant(tx, who, bot, rights).await?;
                if had != rights {
                    let (from, to) = (had.iter().collect(), rights.iter().collect());
                    let event = Event::RightsChanged { name: name.clone(), bot: slug, from, to };
                    audit::record(tx, &origin, &event).await?;
                }
            }
            Ok(())
        })
        .await
}

/// What a form says of bots, understood.
///
/// # Errors
/// [`ServiceError::Conflict`] for a bot that is not of this workspace (any more), or an unknown word.
pub(super) async fn read(
    tx: &mut WorkspaceTx<'_>,
    on: OnBots,
) -> Result<Vec<(BotId, Slug, Rights)>, ServiceError> {
    let bots = bots::connected(tx, None).await?;
    let odd = || {
        let why = "One of the bots is gone, or what was chosen for it is unknown. Reload the page.";
        ServiceError::Conflict(why.into())
    };
    let mut read = Vec::with_capacity(on.len());
    for (slug, word) in on {
        let bot = bots.iter().find(|bot| bot.slug.as_str() == slug).ok_or_else(odd)?;
        let rights = match word.as_str() {
            "" => Rights::NONE,
            word => word.parse::<Preset>().map_err(|_| odd())?.rights(),
        };
        read.push((bot.id, bot.slug.clone(), rights));
    }
    Ok(read)
}
