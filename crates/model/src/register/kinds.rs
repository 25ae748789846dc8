//! The kinds of entries and the fields of each: the one declaration that API, import, export and checks follow.

use super::field::{Field, Holds};
use super::link::{Edge, Links, Target};
use super::{Access, Criticality, Exposure, Privilege, Standing, Treatment};
use crate::catalog::{ControlFunction, LossForm};
use crate::word::words;

words! {
    /// What kind of entry of the register.
    pub enum Kind ("kind of entry") {
        /// Something that works against risks.
        Control = "control",
        /// Something that could hurt.
        Risk = "risk",
        /// A loss that risks end in.
        Outcome = "outcome",
        /// Somebody who delivers.
        Vendor = "vendor",
        /// A thing, such as a host or a site.
        Asset = "asset",
        /// A piece of software that people use.
        Application = "application",
        /// Somebody of the own people.
        Person = "person",
    }
}

/// The largest sum of money, and the largest count.
const MUCH: f64 = 1e15;
const MANY: i64 = 1_000_000_000;

const SHARE: Holds = Holds::Number { least: 0.0, most: 1.0 };
const POINTS: Holds = Holds::Number { least: 0.0, most: 100.0 };
const MONEY: Holds = Holds::Number { least: 0.0, most: MUCH };
const LINE: Holds = Holds::Text { most: 200 };
const SHORT: Holds = Holds::Text { most: 120 };
const LONG: Holds = Holds::Text { most: 2_000 };
const CATEGORY: Holds = Holds::Text { most: 64 };

const fn links(edge: Edge, to: Target) -> Holds {
    Holds::Links(Links { edge, to })
}

const OWNER: Field = Field::new("owner", SHORT, "Who answers for it.");
const NOTE: Field = Field::new("note", LONG, "What else there is to say.");
const CURRENCY: Field = Field::new("currency", Holds::Currency, "The currency of the sums, such as EUR.");
const DATA: Field =
    Field::new("dataClasses", Holds::Texts { each: 60 }, "Which data it holds or sees, such as personal or payment.");
const CRITICALITY: Field = Field::new(
    "criticality",
    Holds::Word(Criticality::WORDS),
    "How much depends on it: low, medium, high or critical.",
);
const EXPOSURE: Field = Field::new("exposure", Holds::Word(Exposure::WORDS), "From where it can be reached.");
const SOURCE: Field = Field::new("source", SHORT, "Which tool or list tells of it.");
const SEEN: Field = Field::new("lastSeen", Holds::Time, "When it was last seen.");
const OWNERS: Field = Field::new(
    "owners",
    links(Edge::AssetOwner, Target::Entry(Kind::Person)),
    "The people of the register who answer for it.",
);

const LOSS_MEAN: Field =
    Field::new("annualLossMean", MONEY, "The loss of an average year, in money; what lossExpectancy sorts by.");
const LOSS_P10: Field = Field::new("annualLossP10", MONEY, "In 1 of 10 years the loss is no more than this.");
const LOSS_P50: Field = Field::new("annualLossP50", MONEY, "In half of the years the loss is no more than this.");
const LOSS_P90: Field = Field::new("annualLossP90", MONEY, "In 9 of 10 years the loss is no more than this.");

const CONTROL: &[Field] = &[
    Field::new("code", Holds::Code, "Its name in files and links, such as AC-2 or IAM-01.").required(),
    Field::new("name", LINE, "Its name for people.").required(),
    Field::new("about", LONG, "What is in place when it works."),
    Field::new("category", CATEGORY, "What it is about, such as identity."),
    Field::new("function", Holds::Word(ControlFunction::WORDS), "What it does about a loss event."),
    Field::new(
        "status",
        Holds::Word(Standing::WORDS),
        "How it stands. One that is planned, a gap, waived or retired has no effect.",
    ),
    Field::new(
        "frameworks",
        Holds::Texts { each: 60 },
        "What it answers in frameworks, such as CSF:PR.AA-01 or 800-53:AC-2.",
    ),
    OWNER,
    Field::new("effectiveness", SHARE, "How well it works by a person's word, 0 (not at all) to 1."),
    Field::new("effectivenessLow", SHARE, "It works at least so well, 0 to 1."),
    Field::new("effectivenessHigh", SHARE, "It works at most so well, 0 to 1."),
    Field::new("effectivenessUntil", Holds::Time, "Until when that word counts."),
    Field::new("intendedLow", SHARE, "How well it works at its best: at least, 0 to 1."),
    Field::new("intendedHigh", SHARE, "How well it works at its best: at most, 0 to 1."),
    Field::new("techniques", Holds::Techniques, "ATT&CK techniques that it works against, such as T1078.004."),
    Field::new("mitigations", Holds::Texts { each: 20 }, "Mitigations of ATT&CK that it is one of, such as M1032."),
    Field::new("annualCost", MONEY, "What it costs a year, in money."),
    CURRENCY,
    NOTE,
    Field::new("kris", links(Edge::ControlKri, Target::Kri), "The KRIs that measure it."),
];

const RISK: &[Field] = &[
    Field::new("slug", Holds::Code, "Its name in files and links, such as ransomware; made of the title if left out."),
    Field::new("title", LINE, "Its name for people.").required(),
    Field::new("statement", LONG, "Cause, event and consequence, in a sentence."),
    Field::new("category", CATEGORY, "What it is about, such as malware or thirdParty."),
    OWNER,
    Field::new("treatment", Holds::Word(Treatment::WORDS), "What is done about it."),
    Field::new("inherentScore", POINTS, "How bad it would be without controls, 0 to 100, by a person's word."),
    Field::new("currentScore", POINTS, "How bad it is now, 0 to 100, by a person's word."),
    Field::new("residualScore", POINTS, "How bad it is meant to be after treatment, 0 to 100."),
    LOSS_MEAN,
    LOSS_P10,
    LOSS_P50,
    LOSS_P90,
    CURRENCY,
    Field::new(
        "frequencyLow",
        Holds::Number { least: 0.0, most: 100_000.0 },
        "Loss events a year: at least, in 19 of 20 cases.",
    ),
    Field::new(
        "frequencyHigh",
        Holds::Number { least: 0.0, most: 100_000.0 },
        "Loss events a year: at most, in 19 of 20 cases.",
    ),
    Field::new("severityLow", MONEY, "The loss of one event: at least, in 19 of 20 cases."),
    Field::new("severityHigh", MONEY, "The loss of one event: at most, in 19 of 20 cases."),
    Field::new("lossForms", Holds::Words(LossForm::WORDS), "In which forms the loss comes."),
    Field::new("techniques", Holds::Techniques, "ATT&CK techniques that lead there."),
    Field::new("reviewDue", Holds::Time, "When it is to be looked at again."),
    NOTE,
    Field::new(
        "controls",
        links(Edge::RiskControl, Target::Entry(Kind::Control)),
        "The controls that work against it.",
    ),
    Field::new("kris", links(Edge::RiskKri, Target::Kri), "KRIs that tell of it directly."),
];

const OUTCOME: &[Field] = &[
    Field::new("slug", Holds::Code, "Its name in files and links; made of the name if left out."),
    Field::new("name", LINE, "Its name for people.").required(),
    Field::new("about", LONG, "The loss scenario, in a sentence or two."),
    OWNER,
    Field::new("lossForms", Holds::Words(LossForm::WORDS), "In which forms the loss comes."),
    Field::new("toleranceLoss", MONEY, "The largest loss of a year that is borne, in money."),
    Field::new("toleranceProbability", SHARE, "How likely a larger one may be, 0 to 1."),
    LOSS_MEAN,
    LOSS_P10,
    LOSS_P50,
    LOSS_P90,
    CURRENCY,
    NOTE,
    Field::new("risks", links(Edge::OutcomeRisk, Target::Entry(Kind::Risk)), "The risks that end in it."),
];

const VENDOR: &[Field] = &[
    Field::new("slug", Holds::Code, "Its name in files and links; made of the name if left out."),
    Field::new("name", LINE, "Its name for people.").required(),
    Field::new("about", LONG, "What it delivers."),
    Field::new("category", CATEGORY, "What it is, such as hosting or payroll."),
    OWNER,
    Field::new("tier", Holds::Whole { least: 1, most: 4 }, "How much depends on it: 1 most, 4 least."),
    Field::new("dataClasses", Holds::Texts { each: 60 }, "Which data it sees, such as personal or payment."),
    Field::new("access", Holds::Word(Access::WORDS), "What it can reach."),
    Field::new("compositeScore", POINTS, "How much of a risk it is, 0 to 100, by a person's word."),
    Field::new("exposureScore", POINTS, "Part of it: how much it could do, 0 to 100."),
    Field::new("assuranceScore", POINTS, "Part of it: how well it is known to protect itself, 0 to 100."),
    Field::new("lastReview", Holds::Time, "When it was reviewed last."),
    Field::new("nextReview", Holds::Time, "When it is to be reviewed next; follows from the tier if left out."),
    Field::new("findingsOpen", Holds::Whole { least: 0, most: MANY }, "Findings of reviews that are open."),
    Field::new("annualSpend", MONEY, "What is paid a year, in money."),
    CURRENCY,
    Field::new("contact", SHORT, "Whom to write to."),
    NOTE,
    Field::new("assets", links(Edge::VendorAsset, Target::Entry(Kind::Asset)), "The assets that it stands behind."),
    Field::new(
        "applications",
        links(Edge::VendorAsset, Target::Entry(Kind::Application)),
        "The applications that it stands behind.",
    ),
];

const SLUG: Field = Field::new("slug", Holds::Code, "Its name in files and links; made of the name if left out.");
const NAME: Field = Field::new("name", LINE, "Its name for people.").required();
const ABOUT: Field = Field::new("about", LONG, "What it is.");

const ASSET: &[Field] = &[
    SLUG,
    NAME,
    ABOUT,
    Field::new("category", CATEGORY, "What it is, such as server, laptop, network or site."),
    OWNER,
    CRITICALITY,
    EXPOSURE,
    DATA,
    SOURCE,
    SEEN,
    NOTE,
    OWNERS,
];

const APPLICATION: &[Field] = &[
    SLUG,
    NAME,
    ABOUT,
    Field::new("category", CATEGORY, "What it is for, such as finance or mail."),
    OWNER,
    CRITICALITY,
    EXPOSURE,
    DATA,
    SOURCE,
    SEEN,
    NOTE,
    OWNERS,
];

const PERSON: &[Field] = &[
    SLUG,
    NAME,
    Field::new("about", LONG, "What they do."),
    Field::new("category", CATEGORY, "Where they work, such as finance or engineering."),
    Field::new("email", SHORT, "Their address."),
    CRITICALITY,
    Field::new("exposure", Holds::Word(Privilege::WORDS), "What they may do."),
    SOURCE,
    SEEN,
    NOTE,
];

impl Kind {
    /// Its fields, in the order of a table's columns.
    #[must_use]
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Control => CONTROL,
            Self::Risk => RISK,
            Self::Outcome => OUTCOME,
            Self::Vendor => VENDOR,
            Self::Asset => ASSET,
            Self::Application => APPLICATION,
            Self::Person => PERSON,
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|f| f.name == name)
    }

    /// Fields that do not get smaller from left to right.
    pub(super) const fn ascending(self) -> &'static [&'static [&'static str]] {
        const LOSS: &[&str] = &["annualLossP10", "annualLossP50", "annualLossP90"];
        match self {
            Self::Control => {
                &[&["effectivenessLow", "effectiveness", "effectivenessHigh"], &["intendedLow", "intendedHigh"]]
            }
            Self::Risk => &[LOSS, &["frequencyLow", "frequencyHigh"], &["severityLow", "severityHigh"]],
            Self::Outcome => &[LOSS],
            Self::Vendor => &[&["lastReview", "nextReview"]],
            Self::Asset | Self::Application | Self::Person => &[],
        }
    }

    /// The field that holds its code.
    #[must_use]
    pub const fn code_field(self) -> &'static str {
        if matches!(self, Self::Control) { "code" } else { "slug" }
    }

    /// The field that holds its name for people.
    #[must_use]
    pub const fn name_field(self) -> &'static str {
        if matches!(self, Self::Risk) { "title" } else { "name" }
    }

    /// Many of them, such as `people`: in addresses, and as names of files and commands.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Control => "controls",
            Self::Risk => "risks",
            Self::Outcome => "outcomes",
            Self::Vendor => "vendors",
            Self::Asset => "assets",
            Self::Application => "applications",
            Self::Person => "people",
        }
    }

    /// The kind that is called so in the plural.
    #[must_use]
    pub fn of_plural(plural: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.plural() == plural)
    }

    /// One of them in a sentence: `a risk`, `an asset`.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Control => "a control",
            Self::Risk => "a risk",
            Self::Outcome => "an outcome",
            Self::Vendor => "a vendor",
            Self::Asset => "an asset",
            Self::Application => "an application",
            Self::Person => "a person",
        }
    }
}
