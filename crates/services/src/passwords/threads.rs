//! The threads that work on passwords, and come after all others.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use tracing::{debug, error};

/// How far behind other threads these stand: the system gives them a tenth of the time of any other that
/// wants the same core, and takes the core away from them at once.
const NICENESS: i32 = 10;

type Work = Box<dyn FnOnce() + Send>;

/// Threads for work that fills a core for a while. A thread of tokio's pool would not do: it could not
/// be given its priority back. They end when nobody can give them work any more.
#[derive(Clone)]
pub(super) struct Threads(Sender<Work>);

impl Threads {
    /// Starts so many.
    ///
    /// # Errors
    /// The system gives no threads.
    pub(super) fn start(how_many: usize) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel::<Work>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..how_many {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name("password".to_owned()).spawn(move || {
                // On Linux this concerns the calling thread alone.
                if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                    debug!(%error, "passwords are worked on with no less priority than all else");
                }
                while let Some(work) = next(&receiver) {
                    if catch_unwind(AssertUnwindSafe(work)).is_err() {
                        error!("working on a password panicked");
                    }
                }
            })?;
        }
        Ok(Self(sender))
    }

    /// Has it done by the next thread that is free.
    pub(super) fn run(&self, work: impl FnOnce() + Send + 'static) {
        // They end after the last sender, which this is not.
        let _ = self.0.send(Box::new(work));
    }
}

fn next(receiver: &Mutex<Receiver<Work>>) -> Option<Work> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_behind_all_others_and_a_panic_ends_no_thread() {
        let threads = Threads::start(1).expect("a thread");
        let (done, result) = mpsc::channel();
        threads.run(|| panic!("TEST panic"));
        threads.run(move || {
            let _ = done.send(rustix::process::getpriority_process(None).ok());
        });
        assert_eq!(result.recv().expect("the thread lives"), Some(NICENESS));
        let mine = rustix::process::getpriority_process(None).expect("known");
        assert!(mine < NICENESS, "nobody else is put behind");
    }
}
