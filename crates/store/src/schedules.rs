//! Schedules as rows: a due one becomes a job and moves on, in one transaction, so that it fires once however many
//! hubs run. A schedule that was missed while no hub ran fires once, not once per miss.
use uuid::Uuid;
use watchkeep_model::{JobId, ScheduleId, TenantId, Timestamp};

use crate::jobs::{self, NewJob};
use crate::{InstallationScope, Result, Store};

statements! {
    Crossing DUE = "select tenant_id, id, kind, payload, spec, next_at from schedule where next_at <= $1 and enabled = 1 order by next_at limit $2";
    Crossing FIRE = "update schedule set next_at = $4 where tenant_id = $1 and id = $2 and next_at = $3";
    Crossing SCHEDULE = "insert into schedule (tenant_id, id, kind, payload, spec, next_at, enabled) values ($1, $2, $3, $4, $5, $6, 1) on conflict (tenant_id, kind) do update set spec = excluded.spec, next_at = case when schedule.spec = excluded.spec then schedule.next_at else excluded.next_at end";
}

crate::row! {
    /// A schedule that is due.
    pub struct DueRow {
        /// Whose; nil for the installation.
        pub tenant_id: TenantId,
        /// The id.
        pub id: ScheduleId,
        /// The kind of job.
        pub kind: String,
        /// The job's payload.
        pub payload: String,
        /// The cron line, UTC.
        pub spec: String,
        /// When it was due.
        pub next_at: Timestamp,
    }
}

impl Store {
    /// Due schedules, the oldest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn due_schedules(&self, now: Timestamp, limit: i64) -> Result<Vec<DueRow>> {
        self.crossing().all(DUE, params![now, limit]).await
    }
    /// Fires one: moves it to `next` and makes its job, unless another hub did.
    ///
    /// # Errors
    /// Of the database.
    pub fn fire_schedule(
        &self,
        due: DueRow,
        next: Timestamp,
        job: JobId,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool>> + Send {
        async move {
            self.write_quietly(async move |tx| {
                if tx.exec(FIRE, params![due.tenant_id, due.id, due.next_at, next]).await? == 0 {
                    return Ok(false);
                }
                let j = NewJob {
                    id: job,
                    kind: "",
                    payload: due.payload.clone(),
                    run_at: due.next_at,
                    max_attempts: 5,
                    unique_key: Some(due.kind.clone()),
                };
                jobs::enqueue_for(tx, due.tenant_id.uuid(), &j, &due.kind, now).await
            })
            .await
        }
    }
    /// Makes the installation's schedule of a kind, or gives it a new time.
    ///
    /// # Errors
    /// Of the database.
    pub fn schedule(
        &self,
        _: InstallationScope,
        id: ScheduleId,
        kind: &'static str,
        spec: String,
        next: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send {
        async move {
            let (nobody, kind) = (Uuid::nil(), kind.to_owned());
            self.write_quietly(async move |tx| {
                tx.exec(SCHEDULE, params![nobody, id, &kind, "{}", &spec, next]).await?;
                Ok(())
            })
            .await
        }
    }
}
