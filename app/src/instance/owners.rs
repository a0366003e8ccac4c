//! Workspaces that nobody owns any more, on `/instance`.

use contract::{
    auth::Again,
    instance::{Heir, Ownerless},
};
use leptos::prelude::*;

use crate::{format::counted, page::Visit, paths, ui::*};

/// Each with a form that gives it an owner.
#[component]
pub(super) fn Owners(visit: Visit, ownerless: Vec<Ownerless>) -> impl IntoView {
    if ownerless.is_empty() {
        return view! {
            <p class="muted">
                "None. A workspace whose only owner closes the account stands here for 30 days, if others work in it: then it goes with that account."
            </p>
        }
        .into_any();
    }
    let fresh = visit.cx.is_fresh();
    let each = move |workspace: Ownerless| view! { <One fresh workspace /> };
    ownerless.into_iter().map(each).collect_view().into_any()
}

#[component]
fn One(fresh: bool, workspace: Ownerless) -> impl IntoView {
    let Ownerless { id, name, bots, people } = workspace;
    let lead = format!(
        "{}, {}. Its owners closed their accounts. Make sure first that whoever you choose should have it: they get everything in it.",
        counted(people.len() as u64, "person", "people"),
        counted(bots, "connected bot", "connected bots"),
    );
    let options = people
        .into_iter()
        .map(|Heir { user, name, email, role }| {
            view! { <option value=user.to_string()>{format!("{name} ({email}), {role}")}</option> }
        })
        .collect_view();
    let field = |name: &str| format!("{name}-{id}");
    let proof = (!fresh).then(|| {
        view! {
            <div class="field">
                <label for=field("again")>"Your password"</label>
                <input
                    class="input"
                    id=field("again")
                    name=Again::FIELD
                    type="password"
                    autocomplete="current-password"
                    required
                />
            </div>
        }
    });
    let aloud = format!(" of {name}");
    let (who, address) = (field("user"), field("email"));
    view! {
        <Card title=name lead>
            <form class="form" method="post" action=paths::GIVE_OWNER>
                <input type="hidden" name="workspace" value=id.to_string() />
                <div class="field">
                    <label for=who.clone()>"New owner"</label>
                    <select class="input" id=who name="user">
                        {options}
                        <option value="address">"Another account, by its address"</option>
                    </select>
                </div>
                <div class="field">
                    <label for=address.clone()>"Address of another account"</label>
                    <input
                        class="input"
                        id=address
                        name="email"
                        type="email"
                        autocomplete="off"
                        maxlength="254"
                    />
                    <p class="hint">"Only when none of its people is chosen."</p>
                </div>
                {proof}
                <div class="actions">
                    <Button>"Make them the owner" <span class="vh">{aloud}</span></Button>
                </div>
            </form>
        </Card>
    }
}
