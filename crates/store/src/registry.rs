//! Every statement of the store, file by file, and the few that cross tenants, by name.
//!
//! The tests prepare each of them on both engines and refuse a full scan of a big table.
use crate::sql::Listed;

/// All statements, one list per file.
pub const FILES: &[&[Listed]] = &[
    crate::artifacts::ALL,
    crate::artifacts::zones::ALL,
    crate::audit::checkpoint::ALL,
    crate::audit::search::ALL,
    crate::audit::verify::ALL,
    crate::idempotency::ALL,
    crate::integrations::ALL,
    crate::jobs::ALL,
    crate::kris::ALL,
    crate::people::ALL,
    crate::proposals::ALL,
    crate::proposals::autonomy::ALL,
    crate::proposals::outcomes::ALL,
    crate::register::assets::ALL,
    crate::register::controls::ALL,
    crate::register::edges::ALL,
    crate::register::kris::ALL,
    crate::register::notes::ALL,
    crate::register::outcomes::ALL,
    crate::register::risks::ALL,
    crate::register::vendors::ALL,
    crate::runs::ALL,
    crate::samples::ALL,
    crate::schedules::ALL,
    crate::seal::ALL,
    crate::tenants::ALL,
    crate::tokens::ALL,
];

/// The statements that cross tenants, with the reason for each.
pub const CROSSING: &[(&str, &str)] = &[
    ("ADD", "a checkpoint is noted with its chain"),
    ("CHAINS", "checkpoints are taken of every chain"),
    ("CHAINS_WITH_ROWS", "`audit verify` looks for chains without a head"),
    ("CLAIM", "a worker takes due jobs of all tenants, a few of each"),
    ("CLEAR_KEYS", "idempotency keys end after a day, for all tenants at once"),
    ("DUE", "schedules of all tenants fire"),
    ("EXPIRED", "the job that removes old bodies finds artifacts whose time is over"),
    ("FINISH", "the row of a claimed job is found by its id and fence"),
    ("FIRE", "a due schedule becomes a job"),
    ("HEAD", "`audit verify` reads the end of each chain"),
    ("HEADS", "`audit verify` reads every chain"),
    ("GOING_STALE", "the refresh job finds KRIs whose value went stale"),
    ("HOOK", "the token of a webhook names its tenant"),
    ("INSTALL", "the one row of the installation is made at the start"),
    ("JOB", "a job is made by its schedule"),
    ("JOBS", "the operator's list of jobs"),
    ("KEY", "an API key names its tenant"),
    ("LANDING", "the job that makes samples of accepted proposals finds their integrations"),
    ("LAST", "the last checkpoint of a chain"),
    ("NOTED_UP_TO", "`audit verify` asks for every chain's checkpoints"),
    ("PRUNE", "ended jobs are removed after a while"),
    ("RENEW", "the lease of a claimed job"),
    ("RETRY", "a failed job is put back"),
    ("SCHEDULE", "the installation's schedules are made at the start"),
    ("SEALED", "doctor proves that every sealed value opens"),
    ("STAGE", "the first parts of a long body are laid down by the store, before the write that has the audit row"),
    ("STAGED", "the job that removes old bodies finds those that never got their artifact"),
    ("STAGE_PART", "as STAGE: one of the parts"),
    ("TENANT", "the command line names a tenant by its slug"),
    ("TOKEN", "a token names its tenant"),
    ("TOUCH_KEY", "last use of an API key"),
    ("TOUCH_TOKEN", "last use of a token"),
];

/// All statements in one run.
pub fn all() -> impl Iterator<Item = &'static Listed> {
    FILES.iter().flat_map(|f| f.iter())
}
