//! Many callers, one round trip.

use std::{mem, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time,
};

/// Most callers that share a round trip.
const MOST: usize = 128;

/// Longest wait for as many callers as shared the last one. Timers are exact to a millisecond, so it is
/// 2 ms at most.
const LINGER: Duration = Duration::from_millis(1);

/// Callers that wait for their turn; beyond it they wait to be let in.
const QUEUE: usize = 1_024;

/// Work that is done for many callers at once: those who come while it is being done share the next
/// round. Somebody who is alone is served without waiting.
pub(super) struct Shared<In, Out> {
    queue: mpsc::Sender<(In, oneshot::Sender<Out>)>,
}

impl<In: Send + 'static, Out: Send + 'static> Shared<In, Out> {
    /// Does `work` for batches of up to [`MOST`] until this value is dropped. It gives one answer for
    /// each input, in their order.
    pub fn start<Work, Fut>(work: Work) -> Self
    where
        Work: Fn(Vec<In>) -> Fut + Send + 'static,
        Fut: Future<Output = Vec<Out>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(serve(waiting, work));
        Self { queue }
    }

    /// The answer for `input`; none when the work broke down.
    pub async fn ask(&self, input: In) -> Option<Out> {
        let (answer, answered) = oneshot::channel();
        self.queue.send((input, answer)).await.ok()?;
        answered.await.ok()
    }
}

async fn serve<In, Out, Work, Fut>(
    mut waiting: mpsc::Receiver<(In, oneshot::Sender<Out>)>,
    work: Work,
) where
    In: Send + 'static,
    Out: Send + 'static,
    Work: Fn(Vec<In>) -> Fut + Send + 'static,
    Fut: Future<Output = Vec<Out>> + Send + 'static,
{
    let mut expected = 1;
    let mut batch = Vec::with_capacity(MOST);
    while let Some(first) = waiting.recv().await {
        batch.push(first);
        gather(&mut waiting, &mut batch, expected).await;
        expected = batch.len();
        let (inputs, callers): (Vec<_>, Vec<_>) = mem::take(&mut batch).into_iter().unzip();
        // On a task of its own: a panic in one round is the misfortune of its callers alone.
        match tokio::spawn(work(inputs)).await {
            Ok(answers) => callers.into_iter().zip(answers).for_each(|(caller, answer)| {
                // Somebody who hung up needs no answer; what was done for them is done.
                let _ = caller.send(answer);
            }),
            Err(error) => tracing::error!(%error, "a round of shared work broke down"),
        }
    }
}

/// Everybody who waits already, and for a moment those who may be about to come.
async fn gather<T>(waiting: &mut mpsc::Receiver<T>, batch: &mut Vec<T>, expected: usize) {
    let linger = time::sleep(LINGER);
    tokio::pin!(linger);
    while batch.len() < MOST {
        if let Ok(next) = waiting.try_recv() {
            batch.push(next);
        } else if batch.len() >= expected {
            return;
        } else {
            tokio::select! {
                next = waiting.recv() => match next {
                    Some(next) => batch.push(next),
                    None => return,
                },
                () = &mut linger => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn everybody_gets_their_own_answer_and_rounds_are_shared() {
        let rounds = Arc::new(AtomicUsize::new(0));
        let counted = rounds.clone();
        let doubled = Shared::start(move |numbers: Vec<u32>| {
            assert!(numbers.len() <= MOST);
            counted.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                numbers.into_iter().map(|n| n * 2).collect()
            }
        });
        let answers = join_all((0..1_000).map(|n| doubled.ask(n))).await;
        assert_eq!(answers, (0..1_000).map(|n| Some(n * 2)).collect::<Vec<_>>());
        let rounds = rounds.load(Ordering::Relaxed);
        assert!((8..100).contains(&rounds), "{rounds}");
    }

    #[tokio::test]
    async fn a_round_that_panics_takes_nobody_else_along() {
        let fragile = Shared::start(|numbers: Vec<u32>| async move {
            assert!(!numbers.contains(&13), "unlucky");
            numbers
        });
        assert_eq!(fragile.ask(13).await, None);
        assert_eq!(fragile.ask(7).await, Some(7));
    }
}
