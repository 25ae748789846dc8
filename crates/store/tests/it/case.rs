//! One case and how it is run on each engine.
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Once;

use futures_util::FutureExt;
use libtest_mimic::{Completion, Failed, Trial};

use crate::home::{Engine, Home};

/// Why a case could not be run here. It counts as ignored.
pub(crate) struct Skipped(pub(crate) String);

type Told<'h> = Pin<Box<dyn Future<Output = Result<(), Skipped>> + 'h>>;

/// A behaviour, and where it is tried.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) on: &'static [Engine],
    pub(crate) run: for<'h> fn(&'h Home) -> Told<'h>,
}

/// What a case may answer.
pub(crate) trait Answer {
    fn told(self) -> Result<(), Skipped>;
}
impl Answer for () {
    fn told(self) -> Result<(), Skipped> {
        Ok(())
    }
}
impl Answer for Result<(), Skipped> {
    fn told(self) -> Self {
        self
    }
}

/// `cases![name, ...]` for both engines; `name on Sqlite` for one. A function that is left out is dead code, which
/// the lints refuse.
macro_rules! cases {
    (@on) => { &[$crate::home::Engine::Sqlite, $crate::home::Engine::Postgres] };
    (@on $engine:ident) => { &[$crate::home::Engine::$engine] };
    ($($name:ident $(on $engine:ident)?),+ $(,)?) => {
        &[$($crate::case::Case {
            name: stringify!($name),
            on: cases!(@on $($engine)?),
            run: |home| Box::pin(async move { $crate::case::Answer::told($name(home).await) }),
        }),+]
    };
}
pub(crate) use cases;

impl Case {
    /// The tests of this case: `file::name::engine`.
    pub(crate) fn trials(self, file: &'static str) -> impl Iterator<Item = Trial> {
        self.on.iter().map(move |engine| {
            let name = format!("{file}::{}::{}", self.name, engine.name());
            Trial::ignorable_test(name, move || self.on(*engine))
        })
    }
    fn on(self, engine: Engine) -> Result<Completion, Failed> {
        static ONCE: Once = Once::new();
        if engine == Engine::Postgres && crate::home::server().is_none() {
            let why = "WATCHKEEP_TEST_PG names no PostgreSQL cluster";
            ONCE.call_once(|| println!("skipped: {why}"));
            return Ok(Completion::ignored_with(why));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let told = runtime.block_on(async {
            let home = Home::new(engine).await;
            let told = AssertUnwindSafe((self.run)(&home)).catch_unwind().await;
            home.leave().await;
            told.unwrap_or_else(|failed| std::panic::resume_unwind(failed))
        });
        Ok(match told {
            Ok(()) => Completion::Completed,
            Err(Skipped(why)) => {
                println!("skipped: {}: {why}", self.name);
                Completion::ignored_with(why)
            }
        })
    }
}
