//! `/account/two-factor`: setting up a second factor, and what can be changed afterwards.

use contract::{
    auth::Again,
    form::FormState,
    second_factor::{BackupCodes, Enrolment, Standing},
};
use domain::rights::Role;
use leptos::prelude::*;

use super::{codes::Codes, qr::Qr};
use crate::{account::account_page, format::counted, page::Visit, paths, ui::*};

/// The viewer's second factor.
#[component]
pub(crate) fn TwoFactorPage() -> impl IntoView {
    let done = &[("two-factor-off", "Two-step sign-in is off. Your password alone lets you in.")];
    account_page(paths::TWO_FACTOR, "Two-step sign-in", done, |visit| async move {
        // The handler of the form sends them along, this once.
        if let Some(codes) = visit.extension::<BackupCodes>() {
            return Ok(view! { <Codes codes /> }.into_any());
        }
        let standing = visit.backend.second_factor.standing(&visit.cx).await?;
        Ok(view! { <TwoFactor visit standing /> }.into_any())
    })
}

#[component]
fn TwoFactor(visit: Visit, standing: Standing) -> impl IntoView {
    let form = visit.form.clone();
    let is_on = matches!(standing, Standing::On { .. });
    let why = (visit.asked("why") == "workspace" && !is_on).then(|| {
        view! {
            <Notice tone=Tone::Warn title="Your workspace asks for it">
                "Its owners want two-step sign-in from every member. Set it up here, and you can go on."
            </Notice>
        }
    });
    let owner = visit.cx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Owner);
    let content = match standing {
        Standing::Off => {
            let fresh = visit.cx.is_fresh();
            view! { <Off form=form.clone() fresh /> }.into_any()
        }
        Standing::Begun(enrolment) => view! { <Begun form=form.clone() enrolment /> }.into_any(),
        Standing::On { codes_left } => {
            let change = visit.asked("change");
            view! { <On form=form.clone() codes_left owner change /> }.into_any()
        }
    };
    view! {
        {why}
        {content}
    }
}

#[component]
fn Off(form: FormState, fresh: bool) -> impl IntoView {
    view! {
        <Card
            title="It is off"
            lead="You need an authenticator app, such as Aegis, Google Authenticator, 1Password or Bitwarden."
        >
            <form class="form" method="post" action=paths::two_factor_action("begin")>
                <AgainField error=form.error(Again::FIELD) fresh />
                <div class="actions">
                    <Button kind=Kind::Primary icon=Glyph::Lock>
                        "Set it up"
                    </Button>
                </div>
            </form>
        </Card>
    }
}

#[component]
fn Begun(form: FormState, enrolment: Enrolment) -> impl IntoView {
    let Enrolment { key, link } = enrolment;
    view! {
        <Card
            title="1. Add Gannet to the app"
            lead="Scan the picture with the app, or type the key in. You see both only now."
        >
            <div class="stack">
                <Qr text=link.clone() label="QR code for your authenticator app" />
                <p>
                    <a href=link>"Open in an app on this device"</a>
                </p>
                <Copy text=key label="Copy the key" />
            </div>
        </Card>
        <Card
            title="2. Enter its code"
            lead="The app shows six digits that change every 30 seconds. All other browsers are signed out then."
        >
            <form class="form" method="post" action=paths::two_factor_action("confirm")>
                <CodeField error=form.error("code") autofocus=form.errors.is_empty() />
                <div class="actions">
                    <Button kind=Kind::Primary>"Turn it on"</Button>
                </div>
            </form>
        </Card>
    }
}

#[component]
fn On(form: FormState, codes_left: usize, owner: bool, change: String) -> impl IntoView {
    let left = match codes_left {
        0 => "No backup code is left. Make new ones now.".to_owned(),
        left => format!("{} left.", counted(left as u64, "backup code", "backup codes")),
    };
    let content = match change.as_str() {
        "codes" => view! {
            <Change form action="codes" lead="The codes you have become void.">
                <Button kind=Kind::Primary>"Make new backup codes"</Button>
            </Change>
        }
        .into_any(),
        "off" => view! {
            <Change form action="off" lead="From then on your password alone lets you in.">
                <Button kind=Kind::Danger>"Turn it off"</Button>
            </Change>
        }
        .into_any(),
        _ => view! {
            <div class="actions">
                <LinkButton href=paths::two_factor_change("codes") icon=Glyph::Key>
                    "Make new backup codes"
                </LinkButton>
                <LinkButton href=paths::two_factor_change("off")>"Turn it off"</LinkButton>
            </div>
        }
        .into_any(),
    };
    let rule = owner.then(|| {
        view! {
            <Card
                title="For the whole workspace"
                lead="Owners can ask every member for two-step sign-in."
            >
                <div class="actions">
                    <LinkButton href=paths::SECURITY icon=Glyph::Shield>
                        "Security of the workspace"
                    </LinkButton>
                </div>
            </Card>
        }
    });
    view! {
        <Card title="It is on" lead=left>
            {content}
        </Card>
        {rule}
    }
}

/// Password and code, and the button that they are for.
#[component]
fn Change(
    form: FormState,
    action: &'static str,
    lead: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <form class="form" method="post" action=paths::two_factor_action(action)>
            <p>{lead}</p>
            <PasswordField
                label="Your password"
                name="password"
                error=form.error("password")
            />
            <CodeField
                error=form.error("code")
                waits=true
                hint="Six digits of your authenticator app, or a backup code."
            />
            <div class="actions">
                {children()}
                <LinkButton href=paths::TWO_FACTOR kind=Kind::Quiet>
                    "Leave it as it is"
                </LinkButton>
            </div>
        </form>
    }
}
