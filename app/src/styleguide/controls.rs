//! What is pressed and typed into.

use contract::FieldError;
use leptos::prelude::*;

use super::Specimen;
use crate::ui::*;

#[component]
pub(super) fn Controls(mark: &'static str) -> impl IntoView {
    view! {
        <Specimen name="Buttons">
            <div class="actions">
                <Button kind=Kind::Primary icon=Glyph::Send>
                    "Send"
                </Button>
                <Button icon=Glyph::Plus>"New broadcast"</Button>
                <Button kind=Kind::Quiet>"Not now"</Button>
                <Button kind=Kind::Danger icon=Glyph::Trash>
                    "Disconnect"
                </Button>
                <Button disabled=true>"Cannot be pressed"</Button>
                <LinkButton href="#top" icon=Glyph::Arrow>
                    "A link"
                </LinkButton>
                <PostButton action="#top" icon=Glyph::Pause>
                    "Pause"
                </PostButton>
                <OpenButton target=format!("menu-{mark}") icon=Glyph::More label="More" />
                <OpenButton target=format!("dialog-{mark}") kind=Kind::Danger>
                    "Ask first"
                </OpenButton>
            </div>
            <Menu id=format!("menu-{mark}")>
                <a href="#top">
                    <Icon glyph=Glyph::Edit />
                    "Edit"
                </a>
                <a href="#top">
                    <Icon glyph=Glyph::Download />
                    "Download"
                </a>
                <hr />
                <button type="button" data-kind="danger">
                    <Icon glyph=Glyph::Trash />
                    "Throw away"
                </button>
            </Menu>
            <Dialog id=format!("dialog-{mark}") title="Disconnect Acme Shop?">
                <p>
                    "Nobody can write to its 1,000 subscribers any more. They are kept for 30 days."
                </p>
                <div class="actions">
                    <CloseButton target=format!("dialog-{mark}")>"Keep it"</CloseButton>
                    <Button kind=Kind::Danger>"Disconnect"</Button>
                </div>
            </Dialog>
        </Specimen>
        <Specimen name="Fields">
            <Fields />
        </Specimen>
        <Specimen name="Errors">
            <ErrorSummary errors=vec![
                FieldError {
                    field: "broken".into(),
                    message: "Enter an address like name@example.com.".into(),
                },
                FieldError {
                    field: String::new(),
                    message: "Sign-ups are closed on this instance.".into(),
                },
            ] />
        </Specimen>
        <Specimen name="Filters">
            <Filters label=format!("Narrow the list, {mark}") action="#top" active=true>
                <Field label="Search" name="q" kind="search" icon=Glyph::Search value="ann" />
                <Select
                    label="Status"
                    name="status"
                    options=vec![
                        (String::new(), "Everyone".into()),
                        ("active".into(), "Active".into()),
                    ]
                />
            </Filters>
        </Specimen>
        <Specimen name="Theme switch">
            <div class="cluster">
                {Theme::ALL
                    .map(|current| view! { <ThemeSwitch current next="/styleguide" /> })
                    .collect_view()}
            </div>
        </Specimen>
        <Specimen name="Copy">
            <Copy text="https://t.me/acme_bot?start=spring" label="Copy the link" />
        </Specimen>
    }
}

#[component]
fn Fields() -> impl IntoView {
    view! {
        <form class="form" method="get">
            <Field
                label="Your name"
                name="name"
                hint="As your team should see it."
                value="Ann Lee"
                autocomplete="name"
            />
            <Field
                label="Email"
                name="broken"
                kind="email"
                value="ann@"
                error=Some("Enter an address like name@example.com.".into())
            />
            <PasswordField label="Password" name="password" error=None new=true />
            <Field
                label="Code"
                name="code"
                code=true
                value="123456"
                inputmode="numeric"
                hint="Six digits from the mail."
            />
            <TextArea
                label="Message"
                name="text"
                value="Spring is here 🌱\nEverything −20 % until Sunday."
                hint="**bold** __italic__"
            />
            <Select
                label="Zone"
                name="zone"
                options=vec![
                    ("utc".into(), "UTC".into()),
                    ("berlin".into(), "Europe/Berlin".into()),
                ]
            />
            <Checkbox
                label="I have read what will happen"
                name="agree"
                hint="Nothing is sent before the next page."
            />
            <Checkbox
                label="Required and missed"
                name="missed"
                error=Some("Tick this to go on.".into())
            />
        </form>
    }
}
