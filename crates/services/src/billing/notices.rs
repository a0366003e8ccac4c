//! Telling a workspace what holds about its plan: by mail when it begins to, by a banner as long as it does.

use domain::{
    billing::{
        facts::Facts,
        notice::{Notice, notices},
        standing::{Phase, Standing},
        usage::Usage,
    },
    ids::WorkspaceId,
    rights::Role,
};
use jiff::tz::TimeZone;
use store::{
    StoreError, WorkspaceTx,
    billing::{notices as stored, usage},
    members, schedule,
};

use super::PAGE;
use crate::{ServiceError, Services, access, mail};

/// Everything that decides what holds.
struct Seen {
    facts: Facts,
    usage: Usage,
    now: domain::Timestamp,
}

async fn see(svc: &Services, tx: &mut WorkspaceTx<'_>) -> Result<Seen, StoreError> {
    Ok(Seen {
        facts: super::facts(svc, tx).await?,
        usage: usage::usage(tx).await?,
        now: schedule::now(tx).await?,
    })
}

fn holding(svc: &Services, seen: &Seen) -> Vec<Notice> {
    let standing = Standing::of(&seen.facts, &svc.billing.plans, seen.now);
    notices(&standing, &seen.facts, &seen.usage, seen.now)
}

/// Brings what the workspace is told to what holds now.
pub(crate) async fn tell(svc: &Services, workspace: WorkspaceId) -> Result<(), ServiceError> {
    if !svc.billing.is_limited() {
        return Ok(());
    }
    let scope = access::cashier(workspace);
    let (seen, told, name, people) = svc
        .store
        .workspace(&scope, async |tx| {
            let seen = see(svc, tx).await?;
            let told = stored::holding(tx).await?;
            let name = members::workspace_name(tx).await?;
            Ok::<_, StoreError>((seen, told, name, members::people(tx).await?))
        })
        .await?;
    let mut holds = holding(svc, &seen);
    holds.sort();
    let (mut was, mut letters) = (told, Vec::new());
    was.sort();
    if was == holds {
        return Ok(());
    }
    let month = seen.now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
    for notice in holds.iter().filter(|notice| !was.contains(notice)) {
        let letter = letter(svc, &seen, notice, &name);
        for owner in people.iter().filter(|person| person.role == Role::Owner) {
            let to =
                owner.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
            // Once a month at most, though it should stop and begin to hold again.
            let Notice { kind, about } = notice;
            let cause = format!("billing/{workspace}/{kind}/{about}/{month}/{}", owner.user);
            letters.push((notice.clone(), mail::write(svc, &to, &letter, Some(cause)).await?));
        }
    }
    svc.store
        .workspace(&scope, async |tx| {
            let new = stored::settle(tx, &holds).await?;
            for (notice, letter) in &letters {
                if new.contains(notice) {
                    letter.enqueue(tx, true).await?;
                }
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

fn letter(
    svc: &Services,
    seen: &Seen,
    notice: &Notice,
    workspace: &str,
) -> mail::templates::Letter {
    let standing = Standing::of(&seen.facts, &svc.billing.plans, seen.now);
    let day =
        |at: domain::Timestamp| at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y (UTC)").to_string();
    let until = match standing.phase {
        Phase::Trialing { until } | Phase::PastDue { until, .. } => Some(day(until)),
        Phase::ReadOnly { since } => Some(day(since)),
        Phase::Free | Phase::Incomplete | Phase::Active { .. } | Phase::Ending { .. } => None,
    };
    let used =
        notice.meter().map(|meter| (meter, seen.usage.of(meter), standing.limits().of(meter)));
    let url = format!("{}{PAGE}", svc.settings.base_url);
    let plan = standing.plan_name();
    mail::templates::plan_notice(notice.kind, &url, workspace, &plan, until, used)
}
