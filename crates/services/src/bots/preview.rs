//! A look at a bot before it is connected.

use base64::{Engine, prelude::BASE64_STANDARD};
use contract::{
    bots::{Connect, TokenPreview},
    cx::RequestCx,
};
use domain::bot::Api;

use super::{connect, identify, ticket, webhook};
use crate::{ServiceError, Services, access};

/// Asks Telegram whose token this is. Saves nothing.
///
/// # Errors
/// As [`connect::connect`], for what stands in the way already.
pub async fn preview(
    svc: &Services,
    cx: &RequestCx,
    form: &Connect,
) -> Result<TokenPreview, ServiceError> {
    let workspace = connect::may_connect(svc, cx).await?;
    let found = identify::identify(svc, cx, Api::Telegram, &form.token).await?;
    connect::former(svc, &workspace, Api::Telegram, &found).await?;

    let (info, picture) = tokio::join!(
        svc.telegram.get_webhook_info(&found.who),
        svc.telegram.profile_picture(&found.who, found.me.id),
    );
    let info = info.map_err(|error| identify::unreached(&error))?;
    let user = access::viewer(cx)?.user;
    let ticket = ticket::issue(svc, user, &found.who.token, cx.now).await?;
    // A bot without a picture is as good as one whose picture could not be had.
    let picture = picture.ok().flatten();
    Ok(TokenPreview {
        name: found.me.first_name,
        username: found.me.username,
        picture: picture.map(|picture| {
            format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(&picture.jpeg))
        }),
        ticket,
        held_by: webhook::held_by(&svc.settings, &info),
    })
}
