//! Work that goes on beside a request. Nothing is spawned elsewhere, so nothing is lost at the end.
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
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

    /// Runs `work` in the task of the caller, and to its end even if the caller is dropped: then it goes on beside.
    ///
    /// Nearly every caller stays, and a task of its own costs two hand-overs between threads.
    pub fn see_through<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> SeeThrough<T> {
        SeeThrough { tasks: self.clone(), work: Some(Box::pin(work)) }
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

/// See [`Tasks::see_through`].
pub struct SeeThrough<T: Send + 'static> {
    tasks: Tasks,
    /// None once it has ended.
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> Future for SeeThrough<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let out = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(out)
    }
}

impl<T: Send + 'static> Drop for SeeThrough<T> {
    fn drop(&mut self) {
        // a panic of the work has unwound through here: there is nothing left to go on with
        if let Some(work) = self.work.take()
            && !std::thread::panicking()
            && tokio::runtime::Handle::try_current().is_ok()
        {
            drop(self.tasks.spawn(work));
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for SeeThrough<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeeThrough").field("ended", &self.work.is_none()).finish_non_exhaustive()
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
    async fn what_is_seen_through_ends_although_its_caller_left() {
        let tasks = Tasks::default();
        assert_eq!(tasks.see_through(async { 7 }).await, 7);
        assert_eq!(tasks.running(), 0, "it ran in the caller's task");

        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let (told, heard) = tokio::sync::oneshot::channel();
        let work = tasks.see_through(async move {
            wait.await.unwrap();
            told.send("ended").unwrap();
        });
        assert!(tokio::time::timeout(Duration::from_millis(10), work).await.is_err());
        assert_eq!(tasks.running(), 1, "the caller left, the work did not");
        go.send(()).unwrap();
        assert_eq!(heard.await.unwrap(), "ended");
        assert!(tasks.idle(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn what_never_began_runs_too() {
        let tasks = Tasks::default();
        let (told, heard) = tokio::sync::oneshot::channel();
        drop(tasks.see_through(async move { told.send(()) }));
        heard.await.unwrap();
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
