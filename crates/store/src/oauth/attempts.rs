//! What clients tried of late: for the page that tells people why something does not connect. No audit: most of it is
//! nobody's call, and it is forgotten after a few days.
use uuid::Uuid;
use watchkeep_model::{PersonId, Timestamp};

use crate::{PersonScope, Result, Store};

/// The columns of [`AttemptRow`], in order.
macro_rules! columns {
    () => {
        "id, at, step, reason, detail, client_id, client, address, person"
    };
}

statements! {
    Crossing ADD_ATTEMPT = "insert into connection_attempt (id, at, step, reason, detail, client_id, client, address, person) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    Crossing LAST_ATTEMPTS = concat!("select ", columns!(), " from connection_attempt where at > $1 order by at desc, id desc limit $2");
    Crossing ATTEMPTS_OF_PERSON = concat!("select ", columns!(), " from connection_attempt where person = $1 and at > $2 order by at desc, id desc limit $3");
    Crossing ATTEMPTS_OF_ADDRESS = concat!("select ", columns!(), " from connection_attempt where address = $1 and at > $2 and person is null order by at desc, id desc limit $3");
    Crossing CLEAR_TRIED = "delete from connection_attempt where at < $1";
}

crate::row! {
    /// One attempt.
    pub struct AttemptRow {
        /// The id.
        pub id: Uuid,
        /// When.
        pub at: Timestamp,
        /// `discovery`, `registration`, `authorize`, `consent`, `token`, `call`.
        pub step: String,
        /// A word of the published list.
        pub reason: String,
        /// What exactly; cleaned, without secrets.
        pub detail: Option<String>,
        /// The client's id, where one was told.
        pub client_id: Option<String>,
        /// The client's name or user agent.
        pub client: Option<String>,
        /// From where.
        pub address: Option<String>,
        /// Who, where it is known.
        pub person: Option<PersonId>,
    }
}

impl Store {
    /// Keeps attempts, many in one write.
    ///
    /// # Errors
    /// Of the database.
    pub fn add_attempts(&self, attempts: Vec<AttemptRow>) -> impl Future<Output = Result<()>> + Send {
        async move {
            self.write_quietly(async move |tx| {
                for a in &attempts {
                    let p = params![
                        a.id,
                        a.at,
                        &a.step,
                        &a.reason,
                        a.detail.as_deref(),
                        a.client_id.as_deref(),
                        a.client.as_deref(),
                        a.address.as_deref(),
                        a.person,
                    ];
                    tx.exec(ADD_ATTEMPT, p).await?;
                }
                Ok(0)
            })
            .await?;
            Ok(())
        }
    }
    /// The last attempts of anybody, for the operator at the machine's own command line.
    ///
    /// # Errors
    /// Of the database.
    pub async fn last_attempts(&self, since: Timestamp, limit: i64) -> Result<Vec<AttemptRow>> {
        self.crossing().all(LAST_ATTEMPTS, params![since, limit]).await
    }
    /// What a person's clients tried, and what came from the person's own address and is nobody else's.
    ///
    /// # Errors
    /// Of the database.
    pub async fn my_attempts(
        &self,
        s: PersonScope,
        address: &str,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<AttemptRow>> {
        let mut all: Vec<AttemptRow> =
            self.crossing().all(ATTEMPTS_OF_PERSON, params![s.person(), since, limit]).await?;
        all.extend(self.crossing().all::<AttemptRow, 3>(ATTEMPTS_OF_ADDRESS, params![address, since, limit]).await?);
        all.sort_by_key(|a| std::cmp::Reverse((a.at, a.id)));
        all.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(all)
    }
    /// Forgets what was tried before `then`.
    ///
    /// # Errors
    /// Of the database.
    pub fn clear_attempts(&self, then: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move { self.write_quietly(async move |tx| tx.exec(CLEAR_TRIED, params![then]).await).await }
    }
}
