//! `data.delivery`: outcomes that nobody knows, on the pages, as a browser without scripts meets them.

use reqwest::StatusCode;
use sim::{Fault, Method, Trouble, person_id};

use crate::crash::Stage;

const WARNING: &str = "They may have received it already. Whoever did gets it twice.";

#[tokio::test(flavor = "multi_thread")]
async fn some_or_all_of_unknown_outcome_are_chosen_warned_of_and_sent_it_once_more() {
    let mut stage = Stage::ready(8, 1_000).await;
    for index in [1, 4, 6] {
        stage.telegram.add_fault(Fault {
            chat: Some(person_id(1, index)),
            method: Some(Method::SendMessage),
            count: Some(1),
            ..Fault::new(Trouble::ResetAfter)
        });
    }
    stage.begin().await;
    let (owner, page) = (&stage.owner, stage.broadcast.as_str());
    owner.wait_for("/w/audit", "finished a broadcast", 20).await;
    let results = owner.get(page).await;
    assert!(results.body.contains("3 outcomes are unknown"), "{}", results.gist());
    assert!(results.body.contains("See who, and send it again"), "{}", results.gist());

    let list = owner.get(&format!("{page}?outcome=unknown")).await;
    assert_eq!(list.body.matches("name=\"to-").count(), 3);
    assert!(list.body.contains("Send again to all 3"), "{}", list.gist());
    let nobody = owner.get(&format!("{page}/again?")).await;
    assert!(nobody.body.contains("Nobody is chosen"), "{}", nobody.gist());

    // One is ticked.
    let one = format!("to-{}", person_id(1, 4));
    let question = owner.get(&format!("{page}/again?{one}=on")).await;
    assert!(question.body.contains(WARNING), "{}", question.gist());
    assert!(question.body.contains("Send again to 1 person"), "{}", question.gist());
    let until = question.value_of("until");
    let word = [(one.as_str(), "on"), ("until", until.as_str())];
    let next = owner.done(&format!("{page}/again"), &word).await;
    assert!(owner.get(&next).await.body.contains("in line to get it once more"));
    owner.wait_for(&format!("{page}?outcome=sent"), "attempt 2", 20).await;

    // The same form once more: what happened, why, and what to do.
    let refused = owner.post(&format!("{page}/again"), &word).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.gist());
    assert!(refused.body.contains("There is nobody to send it to once more"));
    assert!(refused.body.contains("Send again to all 2"), "and the list as it is by now");

    owner.wait_for(page, "2 outcomes are unknown", 20).await;
    let all = owner.get(&format!("{page}/again?all=on")).await;
    let until = all.value_of("until");
    let word = [("all", "on"), ("until", until.as_str())];
    let next = owner.done(&format!("{page}/again"), &word).await;
    owner.get(&next).await;
    let log = "sent a broadcast once more to 2 recipients of unknown outcome";
    owner.wait_for("/w/audit", log, 5).await;
    owner.wait_for("/w/audit", "8 of 8 sent", 20).await;
    let results = owner.get(page).await;
    assert!(!results.body.contains("are unknown"), "{}", results.gist());
    let stats = stage.telegram.stats(stage.bot.id).expect("stats");
    assert_eq!((stats.accepted, stats.most_in_one_chat), (11, 2));

    for (path, why) in [("again", "not clear"), ("again?all=on", "not clear")] {
        let refused = owner.post(&format!("{page}/{path}"), &[("all", "on")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains(why), "{}", refused.gist());
    }
}
