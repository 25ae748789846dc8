//! The register of Contoso Shipping: fewer entries, many of the same names, other values.
use watchkeep_model::register::Kind;

use super::{Known, Story};

const ANNA: &str = "anna.kowalska@contoso.example";
const TOM: &str = "tom.brandt@contoso.example";

pub(in crate::demo) const REGISTER: Story = Story {
    controls: &[
        ("mfa-workforce", "operating", Some(0.7), None, TOM),
        ("mfa-phishing-resistant", "operating", Some(0.65), None, TOM),
        ("mfa-privileged", "operating", Some(0.95), None, TOM),
        ("vulnerability-fixing", "operating", Some(0.35), None, TOM),
        ("exploited-first", "operating", Some(0.3), None, TOM),
        ("patching", "operating", Some(0.45), None, TOM),
        ("endpoint-protection", "operating", Some(0.9), None, TOM),
        ("cloud-posture", "operating", Some(0.4), None, TOM),
        ("no-public-storage", "gap", None, None, TOM),
        ("backups", "operating", Some(0.9), None, TOM),
        ("vendor-assessment", "operating", Some(0.75), None, ANNA),
        ("segmentation", "operating", None, None, TOM),
    ],
    risks: &[
        Known {
            slug: "ransomware",
            owner: ANNA,
            treatment: "mitigate",
            scores: [90.0, 74.0, 50.0],
            loss: Some([0.0, 400_000.0, 7_800_000.0, 2_600_000.0]),
        },
        Known {
            slug: "edge-device-exploit",
            owner: TOM,
            treatment: "mitigate",
            scores: [85.0, 79.0, 45.0],
            loss: Some([0.0, 190_000.0, 3_100_000.0, 1_050_000.0]),
        },
        Known {
            slug: "cloud-data-public",
            owner: TOM,
            treatment: "mitigate",
            scores: [72.0, 61.0, 30.0],
            loss: Some([0.0, 90_000.0, 1_200_000.0, 430_000.0]),
        },
        Known { slug: "vendor-outage", owner: ANNA, treatment: "transfer", scores: [66.0, 49.0, 40.0], loss: None },
        Known {
            slug: "credential-stuffing",
            owner: TOM,
            treatment: "mitigate",
            scores: [70.0, 28.0, 25.0],
            loss: Some([5_000.0, 40_000.0, 260_000.0, 110_000.0]),
        },
    ],
    tables: &[
        (Kind::Person, PEOPLE),
        (Kind::Asset, ASSETS),
        (Kind::Application, APPLICATIONS),
        (Kind::Vendor, VENDORS),
        (Kind::Outcome, OUTCOMES),
    ],
    accepted: &[("vendor-outage", "Anna Kowalska", "Insured up to five million a year.", 120)],
    actions: &[("edge-device-exploit", "Fix the seven exploited findings of the gateways", TOM, -3)],
    comments: &[(Kind::Risk, "edge-device-exploit", "Patching slips since a month; the gateways come first.")],
};

const PEOPLE: &str = "\
slug,name,about,category,email,criticality,exposure,source,lastSeen
anna-kowalska,Anna Kowalska,Head of security,Security,anna.kowalska@contoso.example,high,elevated,Okta,{0}
tom-brandt,Tom Brandt,Platforms,IT,tom.brandt@contoso.example,critical,privileged,Okta,{0}
";

const ASSETS: &str = "\
slug,name,category,criticality,exposure,owner,source,lastSeen,owners
terminal-rotterdam,Terminal Rotterdam,site,critical,internal,anna.kowalska@contoso.example,Host agents,{0},anna-kowalska
terminal-gdynia,Terminal Gdynia,site,critical,internal,anna.kowalska@contoso.example,Host agents,{0},anna-kowalska
gw-edge-01,Internet gateway,network,critical,internet,tom.brandt@contoso.example,Tenable,{0},tom-brandt
";

const APPLICATIONS: &str = "\
slug,name,category,criticality,exposure,owner,dataClasses,source,lastSeen,owners
berth-planner,Berth planner,operations,critical,partner,tom.brandt@contoso.example,,GitHub,{0},tom-brandt
gate-app,Gate app,operations,high,internet,tom.brandt@contoso.example,personal,GitHub,{0},tom-brandt
";

const VENDORS: &str = "\
slug,name,about,category,owner,tier,dataClasses,access,compositeScore,lastReview,nextReview,findingsOpen,annualSpend,currency,assets,applications
northgate,Northgate Managed Services,Looks after servers from afar,managed services,anna.kowalska@contoso.example,1,personal,privileged,52,{-20},{70},1,540000,EUR,gw-edge-01,
brightcloud,Brightcloud Hosting,Cloud of the berth planner,hosting,tom.brandt@contoso.example,1,,broad,36,{-35},{55},0,880000,EUR,,berth-planner
customs-link,Customs Link,Speaks with the customs,software,tom.brandt@contoso.example,2,personal,limited,40,{-100},{80},2,75000,EUR,,gate-app
";

const OUTCOMES: &str = "\
slug,name,about,owner,lossForms,toleranceLoss,toleranceProbability,currency,risks
terminal-closed,A terminal is closed,Ships wait or go elsewhere for more than a day.,anna.kowalska@contoso.example,productivity;reputation,3000000,0.1,EUR,ransomware:0.8;edge-device-exploit:0.5;vendor-outage:0.6
customer-data-loss,Data of customers is lost,Cargo papers reach somebody who must not have them.,anna.kowalska@contoso.example,reputation;fines,1000000,0.1,EUR,cloud-data-public:0.9;credential-stuffing:0.4
";
