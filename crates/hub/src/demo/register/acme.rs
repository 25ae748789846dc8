//! The register of Acme Manufacturing.
use watchkeep_model::register::Kind;

use super::{Known, Story};

const INES: &str = "ines.verhaegen@acme.example";
const TOM: &str = "tom.brandt@acme.example";
const PRIYA: &str = "priya.raman@acme.example";

pub(in crate::demo) const REGISTER: Story = Story {
    controls: &[
        ("mfa-workforce", "operating", Some(0.8), None, PRIYA),
        ("mfa-phishing-resistant", "operating", Some(0.35), None, PRIYA),
        ("mfa-privileged", "operating", Some(0.9), None, PRIYA),
        ("joiner-mover-leaver", "operating", Some(0.7), None, PRIYA),
        ("least-privilege", "operating", Some(0.55), None, PRIYA),
        ("vulnerability-scanning", "operating", Some(0.8), None, TOM),
        ("vulnerability-fixing", "operating", Some(0.6), None, TOM),
        ("exploited-first", "operating", Some(0.75), None, TOM),
        ("patching", "operating", Some(0.75), None, TOM),
        ("hardening", "operating", Some(0.5), None, TOM),
        ("platform-lifecycle", "gap", None, None, TOM),
        ("disk-encryption", "operating", Some(0.9), None, TOM),
        ("endpoint-protection", "operating", Some(0.8), None, PRIYA),
        ("endpoint-containment", "operating", Some(0.6), None, PRIYA),
        ("mail-filter", "operating", Some(0.7), None, PRIYA),
        ("mail-authentication", "operating", Some(0.9), None, PRIYA),
        ("awareness", "operating", Some(0.5), None, INES),
        ("payment-verification", "operating", Some(0.6), None, INES),
        ("cloud-posture", "operating", Some(0.6), None, TOM),
        ("cloud-keys", "operating", Some(0.3), None, TOM),
        ("log-collection", "operating", Some(0.7), None, PRIYA),
        // nobody has said yet how well the rules work
        ("detection-rules", "operating", None, None, PRIYA),
        // what was said of the backups does not hold any more: their tool tells nothing since 9 days
        ("backups", "operating", Some(0.85), Some(-9), TOM),
        ("immutable-backups", "operating", Some(0.6), None, TOM),
        ("restore-tests", "operating", Some(0.4), None, TOM),
        ("segmentation", "planned", None, None, TOM),
        ("dependencies", "operating", Some(0.65), None, TOM),
        ("asset-inventory", "operating", Some(0.45), None, TOM),
        ("vendor-assessment", "operating", Some(0.4), None, INES),
        ("leak-prevention", "gap", None, None, INES),
        ("ai-use", "operating", Some(0.25), None, INES),
    ],
    risks: &[
        Known {
            slug: "ransomware",
            owner: INES,
            treatment: "mitigate",
            scores: [92.0, 66.0, 45.0],
            loss: Some([0.0, 120_000.0, 2_900_000.0, 910_000.0]),
        },
        Known {
            slug: "ot-iot-intrusion",
            owner: TOM,
            treatment: "mitigate",
            scores: [84.0, 71.0, 42.0],
            loss: Some([0.0, 60_000.0, 1_900_000.0, 640_000.0]),
        },
        Known {
            slug: "payment-fraud",
            owner: INES,
            treatment: "mitigate",
            scores: [74.0, 43.0, 35.0],
            loss: Some([0.0, 35_000.0, 380_000.0, 140_000.0]),
        },
        Known {
            slug: "edge-device-exploit",
            owner: TOM,
            treatment: "mitigate",
            scores: [81.0, 48.0, 38.0],
            loss: Some([0.0, 40_000.0, 900_000.0, 310_000.0]),
        },
        Known {
            slug: "unsupported-platform",
            owner: TOM,
            treatment: "accept",
            scores: [70.0, 68.0, 40.0],
            loss: Some([0.0, 50_000.0, 820_000.0, 290_000.0]),
        },
        Known {
            slug: "credential-stuffing",
            owner: PRIYA,
            treatment: "mitigate",
            scores: [72.0, 31.0, 25.0],
            loss: Some([2_000.0, 18_000.0, 150_000.0, 58_000.0]),
        },
        Known {
            slug: "privileged-takeover",
            owner: PRIYA,
            treatment: "mitigate",
            scores: [83.0, 46.0, 35.0],
            loss: Some([0.0, 30_000.0, 760_000.0, 260_000.0]),
        },
        Known {
            slug: "cloud-key-leak",
            owner: TOM,
            treatment: "mitigate",
            scores: [63.0, 57.0, 30.0],
            loss: Some([0.0, 25_000.0, 340_000.0, 120_000.0]),
        },
        Known {
            slug: "supply-chain-code",
            owner: TOM,
            treatment: "mitigate",
            scores: [64.0, 41.0, 33.0],
            loss: Some([0.0, 12_000.0, 290_000.0, 98_000.0]),
        },
        Known {
            slug: "backup-failure",
            owner: TOM,
            treatment: "mitigate",
            scores: [76.0, 59.0, 30.0],
            loss: Some([0.0, 30_000.0, 610_000.0, 205_000.0]),
        },
        Known {
            slug: "vendor-outage",
            owner: INES,
            treatment: "mitigate",
            scores: [60.0, 52.0, 40.0],
            loss: Some([5_000.0, 60_000.0, 420_000.0, 165_000.0]),
        },
        Known { slug: "insider-theft", owner: INES, treatment: "undecided", scores: [58.0, 54.0, 40.0], loss: None },
        Known { slug: "ai-data-leak", owner: INES, treatment: "mitigate", scores: [55.0, 51.0, 30.0], loss: None },
        Known {
            slug: "privacy-breach",
            owner: INES,
            treatment: "transfer",
            scores: [62.0, 47.0, 38.0],
            loss: Some([0.0, 20_000.0, 450_000.0, 150_000.0]),
        },
        Known {
            slug: "lost-device",
            owner: TOM,
            treatment: "accept",
            scores: [38.0, 14.0, 14.0],
            loss: Some([1_000.0, 4_000.0, 20_000.0, 8_500.0]),
        },
    ],
    tables: &[
        (Kind::Person, PEOPLE),
        (Kind::Asset, ASSETS),
        (Kind::Application, APPLICATIONS),
        (Kind::Vendor, VENDORS),
        (Kind::Risk, RISKS),
        (Kind::Outcome, OUTCOMES),
    ],
    accepted: &[
        (
            "unsupported-platform",
            "Ines Verhaegen",
            "The old stations of Leeds are replaced with the new press line.",
            -12,
        ),
        ("lost-device", "Ines Verhaegen", "All disks are encrypted; what is left is the price of a device.", 210),
    ],
    actions: &[
        ("ot-iot-intrusion", "Part the press line of Leeds from the office network", TOM, 45),
        ("ot-iot-intrusion", "Watch the traffic of the four unmonitored plant networks", PRIYA, -6),
        ("unsupported-platform", "Replace the nine stations of Leeds that get no updates", TOM, 80),
        ("backup-failure", "Renew the access of the backup tool and restore the order database once", TOM, -2),
        ("cloud-key-leak", "Withdraw keys older than 90 days", TOM, 14),
        ("insider-theft", "Decide on a licence for data loss prevention", INES, 20),
    ],
    comments: &[
        (Kind::Risk, "ransomware", "Lower since the patch programme; the next step is the separation of Leeds."),
        (
            Kind::Control,
            "BCR-01",
            "Veeam has told nothing since its access ran out. The last word does not count any more.",
        ),
        (Kind::Vendor, "northgate", "Asked for their report of the last penetration test, not received yet."),
    ],
};

const PEOPLE: &str = "\
slug,name,about,category,email,criticality,exposure,source,lastSeen
ines-verhaegen,Ines Verhaegen,Head of risk,Risk office,ines.verhaegen@acme.example,high,elevated,Okta,{0}
tom-brandt,Tom Brandt,Infrastructure and patches,IT,tom.brandt@acme.example,critical,privileged,Okta,{0}
priya-raman,Priya Raman,Detection and identity,IT,priya.raman@acme.example,critical,privileged,Okta,{0}
jonas-weber,Jonas Weber,Board,Management,jonas.weber@acme.example,high,standard,Okta,{-1}
sofie-maes,Sofie Maes,Releases payments,Finance,sofie.maes@acme.example,critical,elevated,Okta,{0}
liam-hartley,Liam Hartley,Runs the press line in Leeds,Production,liam.hartley@acme.example,critical,elevated,Okta,{-1}
eva-gruber,Eva Gruber,Runs the plant in Graz,Production,eva.gruber@acme.example,high,elevated,Okta,{-2}
noor-de-smet,Noor De Smet,Personnel,People,noor.desmet@acme.example,medium,standard,Okta,{0}
marek-novak,Marek Novak,Builds the order portal,Software,marek.novak@acme.example,high,privileged,Okta,{0}
hana-ito,Hana Ito,Designs tools,Engineering,hana.ito@acme.example,high,standard,Okta,{-3}
";

const ASSETS: &str = "\
slug,name,category,criticality,exposure,owner,dataClasses,source,lastSeen,owners
plant-ghent,Plant Ghent,site,critical,internal,tom.brandt@acme.example,,Inventory export,{-1},tom-brandt
plant-leeds,Plant Leeds,site,critical,internal,liam.hartley@acme.example,,Inventory export,{-1},liam-hartley
plant-graz,Plant Graz,site,high,internal,eva.gruber@acme.example,,Inventory export,{-1},eva-gruber
leeds-press-line,Press line of Leeds,machine control,critical,internal,liam.hartley@acme.example,,Risk office,{-8},liam-hartley
gw-edge-01,Internet gateway,network,critical,internet,tom.brandt@acme.example,,Tenable,{0},tom-brandt
vpn-01,Remote access,network,high,internet,tom.brandt@acme.example,,Tenable,{0},tom-brandt
srv-erp-01,ERP database server,server,critical,internal,tom.brandt@acme.example,financial;personal,Host agents,{0},tom-brandt
srv-files-01,Drawings and tools,server,high,internal,hana.ito@acme.example,intellectual property,Host agents,{0},hana-ito
bkp-01,Backup repository,server,critical,isolated,tom.brandt@acme.example,financial;personal,Host agents,{0},tom-brandt
aws-prod,AWS account of the portal,cloud account,high,internet,marek.novak@acme.example,personal,AWS Security Hub,{0},marek-novak
";

const APPLICATIONS: &str = "\
slug,name,category,criticality,exposure,owner,dataClasses,source,lastSeen,owners
erp,ERP,finance,critical,internal,sofie.maes@acme.example,financial;personal,Inventory export,{-1},sofie-maes
order-portal,Order portal,sales,high,internet,marek.novak@acme.example,personal,GitHub,{0},marek-novak
plant-gateway,Plant gateway,production,critical,internal,marek.novak@acme.example,,GitHub,{-12},marek-novak;liam-hartley
label-printer,Label printer,production,medium,internal,marek.novak@acme.example,,GitHub,{0},marek-novak
mail,Mail and calendar,mail,high,internet,priya.raman@acme.example,personal,Okta,{0},priya-raman
identity,Single sign-on,identity,critical,internet,priya.raman@acme.example,personal,Okta,{0},priya-raman
design,Design of tools,engineering,high,internal,hana.ito@acme.example,intellectual property,Inventory export,{-1},hana-ito
payroll,Payroll,people,high,partner,noor.desmet@acme.example,personal;financial,Inventory export,{-1},noor-de-smet
payments,Bank payments,finance,critical,partner,sofie.maes@acme.example,financial,Inventory export,{-1},sofie-maes
chat-assistant,AI assistant,ai,medium,internet,ines.verhaegen@acme.example,,Okta,{0},ines-verhaegen
";

const VENDORS: &str = "\
slug,name,about,category,owner,tier,dataClasses,access,compositeScore,lastReview,nextReview,findingsOpen,annualSpend,currency,contact,assets,applications
northgate,Northgate Managed Services,Looks after servers and networks from afar,managed services,ines.verhaegen@acme.example,1,personal;financial,privileged,68,{-140},{-50},4,310000,EUR,security@northgate.example,srv-erp-01;gw-edge-01,
forgeline,Forgeline Automation,Maintains the press line of Leeds,machine maintenance,liam.hartley@acme.example,1,,privileged,74,{-205},{-115},6,190000,EUR,service@forgeline.example,leeds-press-line,plant-gateway
ledgerwise,Ledgerwise ERP,Makes and hosts the ERP,software,sofie.maes@acme.example,1,financial;personal,broad,47,{-40},{50},1,240000,EUR,trust@ledgerwise.example,,erp
brightcloud,Brightcloud Hosting,Cloud of the order portal,hosting,marek.novak@acme.example,2,personal,broad,33,{-90},{90},0,155000,EUR,,aws-prod,order-portal
paywell,Paywell Payroll,Pays wages,payroll,noor.desmet@acme.example,2,personal;financial,limited,41,{-70},{110},2,48000,EUR,,,payroll
mailhaven,Mailhaven,Mail and calendar,software,priya.raman@acme.example,2,personal,broad,29,{-60},{120},0,36000,EUR,,,mail
signon,Signon Identity,Single sign-on,identity,priya.raman@acme.example,1,personal,privileged,38,{-30},{60},1,52000,EUR,,,identity
toolcraft,Toolcraft Design,Design software,software,hana.ito@acme.example,3,intellectual property,limited,35,{-300},{65},0,61000,EUR,,,design
parcelgo,Parcelgo Logistics,Brings goods to customers,logistics,tom.brandt@acme.example,3,personal,limited,44,,,,420000,EUR,,,
cleanpro,Cleanpro Facilities,Cleans the plants,facilities,tom.brandt@acme.example,4,,none,12,{-500},{230},0,90000,EUR,,plant-ghent;plant-leeds;plant-graz,
";

const RISKS: &str = "\
slug,title,statement,category,owner,treatment,inherentScore,currentScore,residualScore,annualLossP10,annualLossP50,annualLossP90,annualLossMean,currency,reviewDue,controls,kris
leeds-line-stop,Press line of Leeds stops,A station of the press line that gets no updates fails or is tampered with and the line stops until a spare is found.,availability,liam.hartley@acme.example,mitigate,79,73,35,0,90000,1100000,380000,EUR,{-4},HST-03;NET-01,os_eol_hosts;ot_segments_unmonitored
";

const OUTCOMES: &str = "\
slug,name,about,owner,lossForms,toleranceLoss,toleranceProbability,annualLossP10,annualLossP50,annualLossP90,annualLossMean,currency,risks
production-standstill,Production stands still,A plant makes nothing for more than a day.,jonas.weber@acme.example,productivity;response,1000000,0.1,0,280000,4200000,1350000,EUR,ransomware:0.7;ot-iot-intrusion:0.8;leeds-line-stop:1;unsupported-platform:0.6;backup-failure:0.4
customer-data-loss,Data of customers is lost,Drawings or orders of customers reach somebody who must not have them.,ines.verhaegen@acme.example,reputation;fines;response,500000,0.1,0,60000,900000,310000,EUR,cloud-key-leak:0.6;insider-theft:0.5;privacy-breach:0.7;privileged-takeover:0.4
payment-loss,Money is gone,A payment goes to somebody who should not have it.,sofie.maes@acme.example,replacement,250000,0.05,0,35000,380000,140000,EUR,payment-fraud:1;credential-stuffing:0.3
delivery-penalties,Deliveries are late,Customers are owed penalties for late deliveries.,liam.hartley@acme.example,productivity;reputation,300000,0.2,4000,70000,520000,190000,EUR,vendor-outage:0.8;supply-chain-code:0.3;edge-device-exploit:0.4
authority-action,An authority acts,A supervisor fines or orders.,ines.verhaegen@acme.example,fines;reputation,200000,0.05,0,10000,260000,88000,EUR,privacy-breach:0.3;ai-data-leak:0.3
";
