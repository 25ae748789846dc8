//! Work that goes on beside a request. Nothing is spawned elsewhere, so nothing is lost at the end.
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Spawns, counts what runs, tells it to stop and waits for it. A clone is the same set of tasks.
#[derive(Debug, Clone)]
pub struct Tasks(Arc<State>);

#[derive(Debug)]
struct State {
    running: AtomicUsize,
    /// Rung when the last one ended.
    idle: tokio::sync::Notify,
    stop: watch::Sender<bool>,
}

/// Counts one task for as long as it lives, also if it panics or is dropped.
struct Running(Arc<State>);

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        let state =
            State { running: AtomicUsize::new(0), idle: tokio::sync::Notify::new(), stop: watch::Sender::new(false) };
        Self(Arc::new(state))
    }
}

impl Tasks {
    /// Runs `work` to its end, whoever drops the handle.
    #[expect(clippy::disallowed_methods, reason = "the one place that wraps tokio::spawn")]
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.0.running.fetch_add(1, Ordering::AcqRel);
        let running = Running(self.0.clone());
        tokio::spawn(async move {
            let out = work.await;
            drop(running);
            out
        })
    }

    /// How many run now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.0.running.load(Ordering::Acquire)
    }

    /// Tells loops to end (see [`Tasks::stopping`]). What is a single piece of work goes on to its end.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Resolves when [`Tasks::stop`] was called. A loop waits for this beside its timer.
    pub async fn stopping(&self) {
        // the sender lives in `self`, so this cannot fail
        let _ = self.0.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Waits until nothing runs; false if `at_most` passed first.
    pub async fn idle(&self, at_most: Duration) -> bool {
        let all_ended = async {
            loop {
                let rung = self.0.idle.notified();
                tokio::pin!(rung);
                rung.as_mut().enable(); // listens before looking, so no ring is missed
                if self.running() == 0 {
                    return;
                }
                rung.await;
            }
        };
        tokio::time::timeout(at_most, all_ended).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn idle_waits_for_what_was_spawned() {
        let tasks = Tasks::default();
        assert!(tasks.idle(Duration::ZERO).await);
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        drop(tasks.spawn(wait));
        assert_eq!(tasks.running(), 1);
        assert!(!tasks.idle(Duration::from_millis(10)).await);
        go.send(()).unwrap();
        assert!(tasks.idle(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn a_panic_is_counted_out() {
        let tasks = Tasks::default();
        let ended = tasks.spawn(async { panic!("on purpose") }).await;
        assert!(ended.unwrap_err().is_panic());
        assert!(tasks.idle(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn stop_reaches_those_who_wait_and_those_who_come_late() {
        let tasks = Tasks::default();
        let waiting = tasks.spawn({
            let tasks = tasks.clone();
            async move { tasks.stopping().await }
        });
        tasks.stop();
        waiting.await.unwrap();
        tasks.stopping().await;
    }
}
