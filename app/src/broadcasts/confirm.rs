//! `/bots/{slug}/broadcasts/{id}/confirm`: what pressing Send would do, and whose word it takes first.

use contract::{
    ClientError,
    approvals::{Request, Standing},
    bots::BotFrame,
    broadcasts::{Addressees, Estimate, View},
};
use domain::{
    approval::State,
    broadcast::{Audience, Status},
    markup,
};
use futures::try_join;
use leptos::prelude::*;

use super::{
    approval::{Approved, Ask, Decide, TakeBack, Waits},
    faster::Offer,
    marks::arrival,
    recipients::{Addressing, counted_as, described, then},
    scheduled::chosen,
};
use crate::{
    bots::bot_page,
    format::{counted, duration},
    frame::Section,
    page::{Visit, see_other},
    paths,
    ui::*,
    zones::zones,
};

/// The last look before sending.
#[component]
pub(crate) fn ConfirmPage() -> impl IntoView {
    bot_page(Section::Broadcasts, |visit, bot| async move {
        let id = visit.param("id").parse().map_err(|_| ClientError::NotFound)?;
        let (api, cx, slug) = (&visit.backend.broadcasts, &visit.cx, bot.slug.as_str());
        let (draft, estimate, standing) = try_join!(
            api.view(cx, slug, id),
            api.estimate(cx, slug, id),
            visit.backend.approvals.standing(cx, slug, id),
        )?;
        if !draft.status.is_editable() {
            see_other(&paths::broadcast(&bot.slug, id));
        }
        let addressees = match bot.may_send() {
            true => Some(api.addressees(cx, slug, id).await?),
            false => None,
        };
        let look = Look { visit, bot, draft, estimate, addressees };
        Ok(("Send".to_owned(), view! { <Confirm look standing /> }.into_any()))
    })
}

/// What is looked at.
#[derive(Clone)]
pub(super) struct Look {
    /// The request for the page.
    pub visit: Visit,
    /// Whose message.
    pub bot: BotFrame,
    /// The message.
    pub draft: View,
    /// Who would get it.
    pub estimate: Estimate,
    /// Who else could; none for whoever may not change that.
    pub addressees: Option<Addressees>,
}

impl Look {
    /// `12,345 people`.
    pub fn people(&self) -> String {
        counted_as(self.draft.to.audience, self.estimate.audience)
    }

    /// Whether it waits for its time.
    pub fn is_scheduled(&self) -> bool {
        self.draft.status == Status::Scheduled
    }

    /// The draft's own page.
    pub fn edit(&self) -> String {
        paths::broadcast(&self.bot.slug, self.draft.id)
    }

    /// Where an action is posted.
    pub fn action(&self, name: &str) -> String {
        paths::broadcast_action(&self.bot.slug, self.draft.id, name)
    }
}

#[component]
fn Confirm(look: Look, standing: Standing) -> impl IntoView {
    let message = markup::parse(&look.draft.text);
    let crumbs = vec![
        (paths::broadcasts(&look.bot.slug), "Broadcasts".to_owned()),
        (look.edit(), if look.is_scheduled() { "Scheduled" } else { "Draft" }.to_owned()),
    ];
    let errors = look.visit.form.errors.clone();
    let wait_secs = look.visit.form.wait_secs;
    let unsendable = message.check().err().map(|reason| reason.to_string());
    let what = what_next(&look, unsendable, &standing);
    // Whoever decides has read it: on a phone it stands above the buttons.
    let who = look
        .addressees
        .clone()
        .filter(|_| !matches!(what, Next::Blocked(..)))
        .map(|addressees| view! { <Addressing look=look.clone() addressees /> });
    let faster = look
        .estimate
        .faster
        .filter(|_| look.bot.may_send() && !matches!(what, Next::Blocked(..) | Next::Nobody))
        .map(|faster| view! { <Offer look=look.clone() faster /> });
    let beside = (!matches!(what, Next::Decide(_))).then(|| {
        view! {
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message />
            </div>
        }
    });
    view! {
        <PageHeader title="Ready to send?" crumbs />
        <ErrorSummary errors wait_secs />
        <div class="grid" data-columns="side">
            <div class="stack">
                <Verdict look what standing />
                {who}
                {faster}
            </div>
            {beside}
        </div>
    }
}

/// What can be done with a draft now.
enum Next {
    /// Nothing: a title, and why.
    Blocked(&'static str, String),
    /// There is nobody to send to now; later there may be.
    Nobody,
    /// It can be sent; on whose word, where it took one.
    Send(Option<Request>),
    /// A second person has to be asked.
    Ask,
    /// Somebody else decides.
    Wait(Request),
    /// The viewer decides.
    Decide(Request),
}

fn what_next(look: &Look, unsendable: Option<String>, standing: &Standing) -> Next {
    if look.bot.read_only {
        let reason = "It can be sent as soon as that is turned off; the draft is kept.";
        return Next::Blocked("Not while the bot is read-only", reason.to_owned());
    }
    if let Some(reason) = unsendable {
        return Next::Blocked("The text cannot be sent yet", reason);
    }
    let audience = look.estimate.audience;
    if audience == 0 {
        return Next::Nobody;
    }
    match standing.in_force(&look.draft.edition).cloned() {
        Some(request) if request.state == State::Approved => Next::Send(Some(request)),
        _ if standing.lets(&look.draft.edition, audience) => Next::Send(None),
        Some(request) if request.not_you.is_none() => Next::Decide(request),
        Some(request) => Next::Wait(request),
        None => Next::Ask,
    }
}

#[component]
fn Verdict(look: Look, what: Next, standing: Standing) -> impl IntoView {
    match what {
        Next::Blocked(title, reason) => {
            view! { <Blocked title reason edit=look.edit() /> }.into_any()
        }
        Next::Nobody => view! { <Nobody look /> }.into_any(),
        Next::Send(by) => view! { <Send look by /> }.into_any(),
        Next::Ask => view! { <Ask look standing /> }.into_any(),
        Next::Wait(request) => view! { <Waits look request /> }.into_any(),
        Next::Decide(request) => view! { <Decide look request /> }.into_any(),
    }
}

#[component]
fn Blocked(title: &'static str, reason: String, edit: String) -> impl IntoView {
    view! {
        <Card title>
            <p>{reason}</p>
            <div class="actions">
                <LinkButton href=edit icon=Glyph::Edit>
                    "Back to the text"
                </LinkButton>
            </div>
        </Card>
    }
}

#[component]
fn Nobody(look: Look) -> impl IntoView {
    let edit = look.edit();
    let nobody = match look.draft.to.audience {
        Audience::Subscribers => {
            "Nobody is active in this bot right now. Share its link first; the draft is kept."
        }
        Audience::Chats => "The bot may write in no group or channel right now. The draft is kept.",
        Audience::Both => {
            "Nobody is active in this bot right now, and it may write in no group or channel. The draft is kept."
        }
        Audience::Chosen => {
            "The bot is not in the groups and channels that were chosen any more. Choose others below."
        }
    };
    view! {
        <Card title="There is nobody to send to">
            <p>{nobody}</p>
            <div class="actions">
                <LinkButton href=edit icon=Glyph::Edit>
                    "Back to the text"
                </LinkButton>
            </div>
            <Later look />
        </Card>
    }
}

/// Sending at a time: a form of its own, open when it came back or there is a time already.
#[component]
fn Later(look: Look) -> impl IntoView {
    let form = look.visit.form.clone();
    let came_back = form.values.contains_key("day");
    let (day, time, zone) = match &look.draft.plan {
        _ if came_back => (form.value("day"), form.value("time"), form.value("zone")),
        Some(plan) if look.is_scheduled() => chosen(plan),
        _ => (String::new(), String::new(), look.visit.clock().zone().to_owned()),
    };
    let (summary, button) = if look.is_scheduled() {
        ("Another time", "Change the time")
    } else {
        ("Send at a time instead", "Send at this time")
    };
    view! {
        <details id="at-a-time" open=came_back || look.is_scheduled()>
            <summary>{summary}</summary>
            <form class="form" method="post" action=look.action("schedule")>
                <input type="hidden" name="if_unmodified_since" value=look.draft.version.clone() />
                <Field label="Day" name="day" kind="date" value=day error=form.error("day") required=true />
                <Field
                    label="Time"
                    name="time"
                    kind="time"
                    value=time
                    error=form.error("time")
                    required=true
                />
                <Select
                    label="Time zone"
                    name="zone"
                    options=zones(&zone)
                    value=zone
                    error=form.error("zone")
                    hint="The clock that day and time are read from."
                />
                <p class="muted">
                    "It goes to "
                    {then(look.draft.to.audience)}
                    ", whoever comes or goes until then. You can change the time or take it back as long as it waits."
                </p>
                <div class="actions">
                    <Button icon=Glyph::Clock>{button}</Button>
                </div>
            </form>
        </details>
    }
}

/// Audience and duration. `children`: further facts.
#[component]
pub(super) fn WhatHappens(
    look: Look,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let clock = look.visit.clock();
    let (people, Estimate { secs, rate, finish_at, .. }) = (look.people(), look.estimate.clone());
    let paid = look.draft.paid.as_ref().map(|paid| counted(u64::from(paid.cap), "Star", "Stars"));
    let how = match paid {
        Some(_) => String::new(),
        None => format!(" at {rate} messages a second"),
    };
    view! {
        <Facts>
            <Fact name="Goes to">
                <strong>{people}</strong>
                ", "
                {described(look.draft.to.audience)}
                <bdi>{look.bot.name}</bdi>
            </Fact>
            <Fact name="Takes">{duration(secs)}{how}</Fact>
            {paid.map(|cap| view! { <Fact name="Costs">"At most "<strong>{cap}</strong></Fact> })}
            <Fact name="Done by">
                {clock.moment(finish_at)}" ("{clock.zone().to_owned()}")"
            </Fact>
            {arrival(look.draft.manner).map(|how| view! { <Fact name="Arrives">{how}</Fact> })}
            {children.map(|children| children())}
        </Facts>
    }
}

/// The button that everything leads to. `by`: the request that was approved, where it took one.
#[component]
fn Send(look: Look, by: Option<Request>) -> impl IntoView {
    let back = by
        .clone()
        .filter(|request| request.is_mine)
        .map(|request| view! { <TakeBack look=look.clone() request /> });
    let by = by.map(|request| view! { <Approved visit=look.visit.clone() request /> });
    let label = format!("Send to {}", look.people());
    let (send, edit, edition) = (look.action("send"), look.edit(), look.draft.edition.clone());
    let title = if look.is_scheduled() { "If you send it now" } else { "What will happen" };
    view! {
        <Card title>
            <WhatHappens look=look.clone() />
            {by}
            <Notice>
                "You can pause, resume or cancel while it goes out. What has arrived stays. Who unsubscribes meanwhile is left out."
            </Notice>
            <form class="actions" method="post" action=send>
                <input type="hidden" name="version" value=edition />
                <Button kind=Kind::Primary icon=Glyph::Send>
                    {label}
                </Button>
                <LinkButton href=edit kind=Kind::Quiet>
                    "Back to the text"
                </LinkButton>
            </form>
            <Later look />
            {back}
        </Card>
    }
}
