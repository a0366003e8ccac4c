//! Name and time zone.

use contract::{account::Profile, cx::RequestCx};
use domain::{audit::AccountEvent, person::Name};
use jiff::tz::TimeZone;
use store::accounts::{self, log};

use crate::{ServiceError, Services, access, auth::Complaints};

/// Changes what a person may change about themselves at any time.
pub(super) async fn set_profile(
    svc: &Services,
    cx: &RequestCx,
    profile: &Profile,
) -> Result<(), ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let mut complaints = Complaints::default();
    let name = complaints.take("name", profile.name.parse::<Name>());
    let zone = complaints.take("time_zone", zone(&profile.time_zone));
    let Some((name, zone)) = name.zip(zone) else { return Err(complaints.refuse()) };
    svc.store
        .user(Some(user), async |tx| {
            accounts::set_profile(tx, user, name.as_str(), &zone).await?;
            log::record(tx, &origin, Some(user), AccountEvent::ProfileChanged).await?;
            Ok(())
        })
        .await
}

/// The zone as the database of zones spells it.
fn zone(typed: &str) -> Result<String, &'static str> {
    let zone = TimeZone::get(typed.trim()).ok();
    let name = zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
    name.ok_or("Choose a time zone from the list.")
}
