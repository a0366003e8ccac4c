//! Where events go.

use serde_json::json;

use super::{
    super::{
        fields::{Fields, copy_given, merge_metadata},
        id::letters,
        params::{Kind, PAGE, Param, WORD, clears, may, must},
        refusal::{Answer, Refusal},
        shape::{metadata, webhook},
        sign::Secret,
        state::API_VERSION,
    },
    Call, Route,
};

/// Most endpoints of one account and mode.
const MOST: usize = 16;
const FIELDS: &[Param] = &[clears("description", WORD), may("metadata", Kind::Metadata)];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/webhook_endpoints",
        params: &[PAGE],
        run: |call| call.list("webhook_endpoint", |_| true),
    },
    Route {
        verb: "POST",
        path: "/v1/webhook_endpoints",
        params: &[
            FIELDS,
            &[
                must("enabled_events", Kind::List(&WORD)),
                must("url", Kind::Url),
                may("api_version", Kind::OneOf(&[API_VERSION])),
            ],
        ],
        run: create,
    },
    Route {
        verb: "GET",
        path: "/v1/webhook_endpoints/{webhook_endpoint}",
        params: &[],
        run: |call| call.named("webhook_endpoint").cloned(),
    },
    Route {
        verb: "POST",
        path: "/v1/webhook_endpoints/{webhook_endpoint}",
        params: &[
            FIELDS,
            &[
                may("disabled", Kind::Bool),
                may("enabled_events", Kind::List(&WORD)),
                may("url", Kind::Url),
            ],
        ],
        run: update,
    },
    Route {
        verb: "DELETE",
        path: "/v1/webhook_endpoints/{webhook_endpoint}",
        params: &[],
        run: |call| {
            call.named("webhook_endpoint")?;
            let id = call.id.clone();
            call.state.secrets.remove(&id);
            Ok(call.state.delete(&id))
        },
    },
];

fn create(call: &mut Call<'_>) -> Answer {
    let existing =
        call.state.ids("webhook_endpoint", |known| known.yes("livemode") == call.livemode);
    if existing.len() >= MOST {
        let message = format!(
            "You have reached the maximum of {MOST} {} webhook endpoints.",
            if call.livemode { "live" } else { "test" }
        );
        return Err(Refusal::state("webhook_endpoints_limit", message));
    }
    let wanted = call.params.rows("enabled_events").iter().filter_map(|kind| kind.as_str());
    let events: Vec<_> = wanted.map(str::to_owned).collect();
    let url = call.params.text("url").to_owned();
    let mut endpoint = webhook::endpoint(&url, &events, call.livemode, call.state.now);
    copy_given(&call.params, &["description"], &mut endpoint);
    endpoint["metadata"] = metadata(call.params.get("metadata"));
    let id = call.state.insert("webhook_endpoint", endpoint);
    let secret = format!("whsec_{}", letters(32));
    let kept = Secret { text: secret.clone(), until: None };
    call.state.secrets.insert(id.clone(), vec![kept]);
    // It is shown this once.
    let mut shown = call.state.shown(&id);
    shown["secret"] = json!(secret);
    Ok(shown)
}

fn update(call: &mut Call<'_>) -> Answer {
    call.named("webhook_endpoint")?;
    let (id, params) = (call.id.clone(), call.params.clone());
    call.state.change(&id, |endpoint| {
        copy_given(&params, &["description", "enabled_events", "url"], endpoint);
        merge_metadata(params.get("metadata"), &mut endpoint["metadata"]);
        if params.given("disabled") {
            let status = if params.yes("disabled") { "disabled" } else { "enabled" };
            endpoint["status"] = json!(status);
        }
    });
    call.show(&id)
}
