//! The dashboard's bots.

use std::collections::HashMap;

use contract::{
    bots::{BotCard, LastBroadcast},
    cx::RequestCx,
};
use domain::{ids::BotId, markup, rights::Role, subscriber::Status, text};
use store::{
    approvals::Approval,
    bots, broadcasts,
    broadcasts::Broadcast,
    counters::{self, GROWTH_DAYS},
    members,
};

use super::view::day;
use crate::{ServiceError, Services, access, approvals};

/// Most characters of a broadcast's text on a card.
const EXCERPT: usize = 80;

/// The viewer's bots in the current workspace, by name: all for owners and admins, those granted for
/// members.
///
/// # Errors
/// [`ServiceError::Denied`] when the membership is gone.
pub async fn list(svc: &Services, cx: &RequestCx) -> Result<Vec<BotCard>, ServiceError> {
    let scope = access::workspace(svc, cx).await?;
    let member = match scope.role {
        Role::Owner | Role::Admin => None,
        Role::Member => scope.user,
    };
    let today = day(cx.now);
    let user = access::viewer(cx)?.user;
    let (bots, mut counts, mut growth, last, waiting) = svc
        .store
        .workspace(&scope, async |tx| {
            let bots = bots::connected(tx, member).await?;
            let ids: Vec<BotId> = bots.iter().map(|bot| bot.id).collect();
            let counts = counters::counts(tx, &ids).await?;
            let growth = counters::growth(tx, &ids, today).await?;
            let rights = members::rights_of(tx, user, scope.role).await?;
            let waiting = approvals::waiting_everywhere(tx, user, rights).await?;
            let last = broadcasts::last_of_each_bot(tx).await?;
            Ok::<_, ServiceError>((bots, counts, growth, last, waiting))
        })
        .await?;
    let mut asked: HashMap<BotId, Vec<Approval>> = HashMap::new();
    for (bot, request) in waiting {
        asked.entry(bot).or_default().push(request);
    }
    let mut last: HashMap<BotId, Broadcast> = last.into_iter().collect();
    Ok(bots
        .into_iter()
        .map(|bot| BotCard {
            active: counts.remove(&bot.id).unwrap_or_default().of(Status::Active),
            growth: growth.remove(&bot.id).unwrap_or_else(|| vec![0; GROWTH_DAYS]),
            last_broadcast: last.remove(&bot.id).and_then(in_one_line),
            trouble: bot.trouble,
            read_only: bot.read_only,
            waiting: asked
                .remove(&bot.id)
                .unwrap_or_default()
                .into_iter()
                .map(|request| approvals::waiting(request, &bot.slug))
                .collect(),
            slug: bot.slug,
            name: bot.name,
            api: bot.api,
        })
        .collect())
}

fn in_one_line(broadcast: Broadcast) -> Option<LastBroadcast> {
    Some(LastBroadcast {
        excerpt: text::excerpt(&markup::parse(&broadcast.source).text, EXCERPT),
        status: broadcast.status,
        started_at: broadcast.started_at?,
        total: broadcast.total,
        tally: broadcast.tally,
    })
}
