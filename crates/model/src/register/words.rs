//! The words of the register.

use crate::word::words;

words! {
    /// How a control stands.
    pub enum Standing ("control status") {
        /// It is to be built.
        Planned = "planned",
        /// It is at work.
        Operating = "operating",
        /// It should be there and is not.
        Gap = "gap",
        /// Somebody decided to do without it.
        Waived = "waived",
        /// It was there and is no more.
        Retired = "retired",
        /// It makes no sense here.
        NotApplicable = "notApplicable",
    }
}

words! {
    /// What is done about a risk.
    pub enum Treatment ("treatment") {
        /// Nobody has decided yet.
        Undecided = "undecided",
        /// It is made smaller.
        Mitigate = "mitigate",
        /// It is borne as it is.
        Accept = "accept",
        /// Somebody else bears it, such as an insurer.
        Transfer = "transfer",
        /// What it comes from is given up.
        Avoid = "avoid",
    }
}

words! {
    /// Where an entry comes from.
    pub enum Origin ("origin") {
        /// The tenant's own.
        Custom = "custom",
        /// An entry of the catalogue, with what the tenant changed of it.
        CatalogOverride = "catalogOverride",
    }
}

words! {
    /// Who says a score.
    pub enum ScoreSource ("score source") {
        /// A person.
        Analyst = "analyst",
        /// A formula.
        Computed = "computed",
    }
}

words! {
    /// Whether the effectiveness of a control is known.
    pub enum EffectivenessState ("effectiveness state") {
        /// It is known now.
        Ok = "ok",
        /// Nobody said it.
        Unknown = "unknown",
        /// It was said, but not to hold until now.
        Stale = "stale",
    }
}

words! {
    /// How much depends on something.
    pub enum Criticality ("criticality") {
        /// Hardly anything.
        Low = "low",
        /// Some work stops without it.
        Medium = "medium",
        /// Much work stops without it.
        High = "high",
        /// The business stops without it.
        Critical = "critical",
    }
}

words! {
    /// From where something can be reached.
    pub enum Exposure ("exposure") {
        /// From everywhere.
        Internet = "internet",
        /// From partners' networks.
        Partner = "partner",
        /// From the own network.
        Internal = "internal",
        /// From nowhere but itself.
        Isolated = "isolated",
    }
}

words! {
    /// What a person may do.
    pub enum Privilege ("privilege") {
        /// Their own work.
        Standard = "standard",
        /// More than others, in some systems.
        Elevated = "elevated",
        /// Administers systems.
        Privileged = "privileged",
    }
}

words! {
    /// What a vendor can reach.
    pub enum Access ("access") {
        /// Nothing of ours.
        None = "none",
        /// Some data or one system.
        Limited = "limited",
        /// Much data or many systems.
        Broad = "broad",
        /// Administers systems of ours.
        Privileged = "privileged",
    }
}

words! {
    /// How a treatment action stands.
    pub enum ActionState ("action state") {
        /// To be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// Given up.
        Dropped = "dropped",
    }
}
