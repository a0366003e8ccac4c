//! A second person's word before a message goes to many: asked for, waited for, given.

use contract::approvals::{Request, Standing};
use domain::{
    approval::{LONGEST_REASON, State},
    label::visible,
    markup,
};
use leptos::prelude::*;

use super::confirm::{Look, WhatHappens};
use crate::{format::count, page::Visit, ui::*};

/// Nobody has been asked about this version yet.
#[component]
pub(super) fn Ask(look: Look, standing: Standing) -> impl IntoView {
    let above = count(u64::from(standing.above.unwrap_or_default()));
    let lead = match standing.to_chats {
        true => "Nobody can say how many people read in a group or channel, so this workspace asks for a second person’s \
                 approval."
            .to_owned(),
        false => format!("Above {above} people this workspace asks for a second person’s approval."),
    };
    let (ask, edit, version) = (look.action("ask"), look.edit(), look.draft.edition.clone());
    let before = standing.last.clone().map(|request| view! { <Before request /> });
    let others = standing.others;
    let button = if others == 0 {
        view! {
            <Notice tone=Tone::Warn title="Nobody else can approve it">
                "It takes somebody with the right to send who neither wrote nor changed this message. An owner can invite
                somebody, or grant the right."
            </Notice>
        }
        .into_any()
    } else {
        let who = match others {
            1 => "One other person can approve it, and is told by mail.".to_owned(),
            many => format!("{} others can approve it, and are told by mail.", count(many)),
        };
        view! {
            <p>{who}</p>
            <form class="actions" method="post" action=ask>
                <input type="hidden" name="version" value=version />
                <Button kind=Kind::Primary icon=Glyph::Users>
                    "Ask for approval"
                </Button>
                <LinkButton href=edit.clone() kind=Kind::Quiet>
                    "Back to the text"
                </LinkButton>
            </form>
        }
        .into_any()
    };
    let back = (others == 0).then(|| {
        view! {
            <div class="actions">
                <LinkButton href=edit icon=Glyph::Edit>
                    "Back to the text"
                </LinkButton>
            </div>
        }
    });
    view! {
        <Card title="A second person first" lead>
            {before}
            <WhatHappens look />
            {button}
            {back}
        </Card>
    }
}

/// What became of the request before.
#[component]
fn Before(request: Request) -> impl IntoView {
    let by = request.decided_by.unwrap_or_else(|| "Somebody".to_owned());
    match request.state {
        State::Refused => view! {
            <Notice tone=Tone::Bad title="It was not approved">
                <bdi>{by}</bdi>
                " said no"
                {match request.reason {
                    Some(reason) => {
                        view! {
                            ":"
                            <blockquote dir="auto">{visible_lines(&reason)}</blockquote>
                        }
                            .into_any()
                    }
                    None => ".".into_any(),
                }}
            </Notice>
        }
        .into_any(),
        State::Voided | State::Approved | State::Open => view! {
            <Notice tone=Tone::Warn title="The message is another one by now">
                <bdi>{by}</bdi>
                " changed it, so what was asked for before does not count any more."
            </Notice>
        }
        .into_any(),
        State::Withdrawn => {
            view! { <Notice>"The request before was taken back by "<bdi>{by}</bdi>"."</Notice> }
                .into_any()
        }
    }
}

/// Line by line, with everything written out that could hide in it.
fn visible_lines(text: &str) -> impl IntoView + use<> {
    let lines: Vec<String> = text.lines().map(visible).collect();
    lines.into_iter().map(|line| view! { <p class="wrap-anywhere">{line}</p> }).collect_view()
}

#[component]
fn Asked(look: Look, request: Request) -> impl IntoView {
    let at = look.visit.time(request.asked_at);
    let then = (request.audience != look.estimate.audience)
        .then(|| format!(", when it would have gone to {}", count(request.audience)));
    view! {
        <WhatHappens look>
            <Fact name="Asked by">
                <bdi>{request.asked_by}</bdi>
                ", "
                {at}
                {then}
            </Fact>
        </WhatHappens>
    }
}

/// It waits for somebody else.
#[component]
pub(super) fn Waits(look: Look, request: Request) -> impl IntoView {
    let back =
        request.is_mine.then(|| view! { <TakeBack look=look.clone() request=request.clone() /> });
    let edit = look.edit();
    let why = match (request.is_mine, request.not_you.clone()) {
        (true, _) => "You get a mail as soon as somebody has decided.".to_owned(),
        (false, why) => why.unwrap_or_default(),
    };
    view! {
        <Card
            title="Waits for a second person"
            lead="Changing the message now makes the request void."
            aside=view! { <Badge tone=Tone::Brand label="asked for" /> }.into_any()
        >
            <Asked look request />
            <p>{why}</p>
            <div class="actions">
                {back}
                <LinkButton href=edit kind=Kind::Quiet>
                    "Back to the text"
                </LinkButton>
            </div>
        </Card>
    }
}

/// For whoever asked.
#[component]
pub(super) fn TakeBack(look: Look, request: Request) -> impl IntoView {
    view! {
        <form method="post" action=look.action("withdraw")>
            <input type="hidden" name="request" value=request.id.to_string() />
            <Button kind=Kind::Quiet icon=Glyph::Close>
                "Take the request back"
            </Button>
        </form>
    }
}

/// It waits for the viewer.
#[component]
pub(super) fn Decide(look: Look, request: Request) -> impl IntoView {
    let (approve, refuse) = (look.action("approve"), look.action("refuse"));
    let (id, version) = (request.id.to_string(), request.version.clone());
    let send = format!("Approve and send to {}", look.people());
    let (form, message) = (look.visit.form.clone(), markup::parse(&look.draft.text));
    let is_open = form.error("reason").is_some();
    let is_scheduled = look.is_scheduled();
    view! {
        <Card
            title="Your approval is asked for"
            lead="Read the message, and look at who gets it. What you decide is put on record."
        >
            <Asked look request />
            <div class="stack" data-tight="">
                <h3 class="eyebrow">"The message"</h3>
                <TelegramPreview message />
            </div>
            <form class="actions" method="post" action=approve>
                <input type="hidden" name="request" value=id.clone() />
                <input type="hidden" name="version" value=version />
                {(!is_scheduled)
                    .then(|| {
                        view! {
                            <Button kind=Kind::Primary icon=Glyph::Send name="step" value="send">
                                {send}
                            </Button>
                        }
                    })}
                <Button icon=Glyph::Check name="step" value="approve">
                    {if is_scheduled { "Approve; it goes out at its time" } else { "Approve only" }}
                </Button>
            </form>
            <details open=is_open>
                <summary>"Say no"</summary>
                <form class="form" method="post" action=refuse>
                    <input type="hidden" name="request" value=id />
                    <TextArea
                        label="Why not, if you want to say so"
                        name="reason"
                        value=form.value("reason")
                        error=form.error("reason")
                        hint="Whoever asked reads it here. At most 500 characters."
                        rows=3
                        maxlength=LONGEST_REASON as u32
                    />
                    <div class="actions">
                        <Button kind=Kind::Danger icon=Glyph::Close>
                            "Refuse it"
                        </Button>
                    </div>
                </form>
            </details>
        </Card>
    }
}

/// Whose word sending rests on.
#[component]
pub(super) fn Approved(visit: Visit, request: Request) -> impl IntoView {
    let by = request.decided_by.unwrap_or_default();
    let at = request.decided_at.map(|at| visit.time(at));
    view! {
        <Notice tone=Tone::Ok title="Approved">
            "By "
            <bdi>{by}</bdi>
            ", "
            {at}
            ". It counts for the message as it is: whoever changes it has to ask once more."
        </Notice>
    }
}
