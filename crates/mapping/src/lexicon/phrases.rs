//! What people call the signals, in English, German, Dutch and French. The slugs, the names and most words of the
//! catalogue are added to these.

/// A signal and phrases that mean nothing else.
pub(crate) const PHRASES: &[(&str, &[&str])] = &[
    ("vuln_critical_open", &[
        "critical vulnerabilities", "critical vulnerability", "open critical vulnerabilities", "critical vulns", "critical cves",
        "critical severity vulnerabilities", "critical open vulnerabilities", "vulnerabilities critical",
        "kritische schwachstellen", "kritischen schwachstellen", "kritischer schwachstellen", "offene kritische schwachstellen",
        "kritieke kwetsbaarheden", "kritische kwetsbaarheden", "openstaande kritieke kwetsbaarheden",
        "vulnérabilités critiques", "vulnérabilités critiques ouvertes", "failles critiques",
    ]),
    ("vuln_high_open", &[
        "high vulnerabilities", "high severity vulnerabilities", "open high vulnerabilities", "high vulns", "high severity cves", "vulnerabilities high",
        "hohe schwachstellen", "schwachstellen mit hohem schweregrad", "hoge kwetsbaarheden", "vulnérabilités élevées",
        "vulnérabilités de gravité élevée",
    ]),
    ("vuln_critical_open_gt_30d", &[
        "critical vulnerabilities older than 30 days", "critical vulnerabilities open more than 30 days",
        "critical vulnerabilities open for more than 30 days", "critical vulnerabilities over 30 days",
        "critical vulnerabilities open over 30 days", "critical vulnerabilities unpatched for more than 30 days",
        "kritische schwachstellen älter als 30 tage", "kritische schwachstellen seit über 30 tagen offen",
        "kritieke kwetsbaarheden ouder dan 30 dagen", "vulnérabilités critiques de plus de 30 jours",
    ]),
    ("vuln_kev_open", &[
        "known exploited vulnerabilities", "open kev", "kev vulnerabilities", "cisa kev vulnerabilities", "actively exploited vulnerabilities",
        "aktiv ausgenutzte schwachstellen", "actief misbruikte kwetsbaarheden", "vulnérabilités activement exploitées",
    ]),
    ("vuln_internet_facing_critical", &[
        "internet facing critical vulnerabilities", "critical internet facing vulnerabilities", "external critical vulnerabilities",
        "critical vulnerabilities on internet facing", "critical vulnerabilities facing the internet",
    ]),
    ("vuln_scan_coverage_pct", &[
        "scan coverage", "vulnerability scan coverage", "scanabdeckung", "scan abdeckung", "scandekking", "couverture de scan",
        "couverture des scans",
    ]),
    ("vuln_credentialed_scan_pct", &[
        "credentialed scans", "authenticated scans", "credentialed scan rate", "authentifizierte scans", "geauthenticeerde scans", "scans authentifiés",
    ]),
    ("vuln_mttr_critical_days", &[
        "mean time to remediate critical vulnerabilities", "mttr critical", "mttr for critical vulnerabilities", "critical mttr",
        "time to patch critical",
    ]),
    ("patch_compliance_pct", &[
        "patch compliance", "patch compliance rate", "fully patched", "patched hosts", "patch konformität", "patchkonformität", "patch stand",
        "patchcompliance", "patchnaleving", "conformité des correctifs", "taux de correctifs",
    ]),
    ("os_eol_hosts", &[
        "end of life hosts", "eol hosts", "end of life systems", "eol systems", "unsupported operating systems", "hosts beyond end of life",
        "veraltete betriebssysteme", "niet ondersteunde besturingssystemen", "systèmes obsolètes",
    ]),
    ("disk_encryption_pct", &[
        "disk encryption", "encrypted disks", "encrypted laptops", "encrypted devices", "bitlocker coverage", "festplattenverschlüsselung",
        "verschlüsselte geräte", "schijfversleuteling", "chiffrement des disques", "postes chiffrés",
    ]),
    ("edr_coverage_pct", &[
        "edr coverage", "endpoint protection coverage", "edr deployed", "edr rollout", "edr abdeckung", "edr dekking", "couverture edr",
    ]),
    ("local_admin_users_pct", &["users with local admin", "local admin rights", "lokale administratorrechte", "lokale beheerdersrechten"]),
    ("mfa_enforced_pct", &[
        "mfa coverage", "mfa enforced", "mfa enforcement", "mfa adoption", "mfa rate", "mfa enabled", "users with mfa", "accounts with mfa", "have mfa", "mfa for all users", "2fa adoption",
        "protected by mfa", "enrolled in mfa", "mfa enrollment", "multi factor authentication", "mfa abdeckung", "mfa quote", "mit mfa", "mfa aktiviert", "zwei faktor authentifizierung",
        "mfa dekking", "mfa dekkingsgraad", "met mfa", "mfa ingeschakeld", "tweestapsverificatie", "couverture mfa", "taux de mfa", "authentification multifacteur",
    ]),
    ("mfa_privileged_pct", &[
        "admin mfa", "privileged mfa", "admins with mfa", "privileged accounts with mfa", "mfa for administrators", "mfa on privileged accounts",
        "mfa for privileged accounts", "mfa für administratoren", "mfa voor beheerders", "mfa des administrateurs",
    ]),
    ("mfa_phishing_resistant_pct", &["phishing resistant mfa", "phishing resistant authentication", "phishing resistente mfa", "mfa résistante au phishing"]),
    ("accounts_inactive_90d", &[
        "inactive accounts", "dormant accounts", "stale accounts", "inactive users", "stale users", "unused accounts", "inaktive konten", "inaktive benutzerkonten",
        "inactieve accounts", "slapende accounts", "comptes inactifs", "comptes dormants",
    ]),
    ("offboarded_still_active", &[
        "leavers with active accounts", "leavers still active", "offboarded users still active", "terminated employees with active accounts",
        "ausgeschiedene mitarbeiter mit aktivem konto", "ex medewerkers met actief account", "anciens employés encore actifs",
    ]),
    ("privileged_accounts_pct", &["privileged accounts share", "share of privileged accounts", "anteil privilegierter konten", "aandeel geprivilegieerde accounts"]),
    ("access_review_overdue_pct", &["access reviews overdue", "overdue access reviews", "überfällige rezertifizierungen", "achterstallige toegangsreviews"]),
    ("dmarc_enforced_domains_pct", &["dmarc enforcement", "dmarc enforced", "domains with dmarc enforced", "domains at p reject", "dmarc durchsetzung", "dmarc handhaving"]),
    ("phish_sim_click_pct", &[
        "phishing click rate", "phish click rate", "click rate", "clicked on the phishing", "clicked the phishing", "clicked the simulated phishing", "clicked on the simulated phishing", "phish prone", "phish prone percentage", "simulated phishing click rate", "phishing simulation click rate", "klickrate", "klickrate phishing",
        "klikratio", "klikpercentage", "phishing klikratio", "taux de clic", "taux de clics",
    ]),
    ("phish_report_pct", &[
        "phishing report rate", "phish report rate", "report rate", "reporting rate", "reported the phishing", "melderate", "meldequote", "meldpercentage", "taux de signalement",
    ]),
    ("training_overdue_pct", &[
        "training overdue", "overdue training", "trainings overdue", "awareness training overdue", "security training overdue", "überfällige schulungen", "schulung überfällig",
        "achterstallige trainingen", "training achterstallig", "formation en retard", "formations en retard",
    ]),
    ("cloud_critical_misconfig_open", &[
        "critical misconfigurations", "critical cloud misconfigurations", "critical cspm findings", "kritische fehlkonfigurationen",
        "kritieke misconfiguraties", "erreurs de configuration critiques",
    ]),
    ("cloud_public_storage", &[
        "public buckets", "public s3 buckets", "public storage buckets", "publicly accessible buckets", "öffentliche buckets", "openbare buckets", "buckets publics",
    ]),
    ("cloud_keys_gt_90d", &["access keys older than 90 days", "keys older than 90 days", "zugriffsschlüssel älter als 90 tage", "toegangssleutels ouder dan 90 dagen", "clés d accès de plus de 90 jours"]),
    ("cloud_open_mgmt_ports", &["open management ports", "management ports open to the internet", "offene verwaltungsports", "open beheerpoorten", "ports d administration ouverts"]),
    ("mttd_hours", &["mean time to detect", "mttd", "time to detect", "erkennungszeit", "detectietijd", "délai de détection", "temps moyen de détection"]),
    ("mttr_incident_hours", &[
        "mean time to respond", "mean time to resolve", "incident resolution time", "mttr", "mean time to resolve incidents", "lösungszeit", "oplostijd", "délai de résolution",
    ]),
    ("log_source_coverage_pct", &["log coverage", "log source coverage", "siem coverage", "protokollabdeckung", "logdekking", "couverture des journaux"]),
    ("alert_false_positive_pct", &["false positive rate", "false positives rate", "falsch positiv rate", "fehlalarmquote", "vals positief ratio", "taux de faux positifs"]),
    ("backup_success_pct", &[
        "backup success rate", "backup success", "successful backups", "backups successful", "backup jobs succeeded", "backups succeeded", "backup jobs successful", "backup erfolgsquote", "erfolgreiche backups", "erfolgreiche sicherungen",
        "geslaagde back ups", "geslaagde backups", "back up slagingspercentage", "sauvegardes réussies", "taux de réussite des sauvegardes",
    ]),
    ("backup_immutable_pct", &["immutable backups", "unveränderliche backups", "onveranderbare back ups", "sauvegardes immuables"]),
    ("backup_rpo_breach_systems", &["systems in rpo breach", "rpo breaches", "systems breaching rpo", "systems missing rpo", "rpo verletzungen", "rpo overschrijdingen"]),
    ("backup_restore_test_age_days", &["days since last restore test", "days since the last restore test", "tage seit letztem wiederherstellungstest", "dagen sinds laatste hersteltest"]),
    ("secrets_exposed_open", &[
        "exposed secrets", "leaked secrets", "hardcoded secrets", "open secret scanning alerts", "leaked credentials", "offengelegte geheimnisse", "gelekte geheimen", "secrets exposés",
    ]),
    ("sca_critical_open", &[
        "critical dependencies", "critical dependency vulnerabilities", "critical vulnerable dependencies", "critical sca findings", "critical dependabot alerts", "kritische abhängigkeiten",
        "kritieke afhankelijkheden", "dépendances critiques",
    ]),
    ("sca_high_open", &["high dependency vulnerabilities", "high sca findings", "high dependabot alerts", "high vulnerable dependencies"]),
    ("sast_critical_open", &["critical sast findings", "critical code findings", "critical code scanning alerts", "kritische codebefunde", "kritieke codebevindingen"]),
    ("branch_protection_pct", &["branch protection", "protected branches", "repositories with branch protection", "branch schutz"]),
    ("dlp_high_incidents_7d", &["high dlp incidents", "dlp incidents this week"]),
    ("cert_expiring_lt_14d", &["certificates expiring within 14 days", "certificates expiring in 14 days", "zertifikate die in 14 tagen ablaufen"]),
    ("unmanaged_assets", &["unmanaged devices", "unmanaged assets", "nicht verwaltete geräte", "onbeheerde apparaten", "appareils non gérés"]),
    ("vendor_tier1_assessment_overdue", &["critical vendors with overdue assessment", "overdue vendor assessments", "überfällige lieferantenprüfungen"]),
    ("policy_exceptions_expired", &["expired policy exceptions", "abgelaufene ausnahmen", "verlopen uitzonderingen", "dérogations expirées"]),
    ("host_hardening_score", &["hardening score", "cis benchmark score", "hardening index", "hardeningscore"]),
    ("ai_unsanctioned_apps", &["unsanctioned ai apps", "unsanctioned ai applications", "shadow ai apps"]),
];

/// Words of the catalogue that mean other things as well, or the opposite.
pub(crate) const TOO_LOOSE: &[&str] = &[
    "training completion", "awareness training", "vulnerable packages", "severity critical", "severity high", "cvss 9", "pim eligible",
    "just-in-time access", "security keys", "windows hello", "passkeys", "fido2", "webauthn", "access review", "access certification",
    "recertification", "rezertifizierung", "toegangsreview", "revue des accès", "restore test", "recovery test", "backup verification",
    "dr test", "disaster recovery test", "failover test", "phishing simulation", "phishing-simulation", "phishingsimulatie", "dmarc", "bec",
    "local admin", "local administrators", "lokale administratoren", "lokale beheerders", "administrateurs locaux", "privileged accounts",
    "privilegierte konten", "geprivilegieerde accounts", "comptes à privilèges", "reboot pending", "restart required", "brute force",
    "failed logins", "known assets", "asset inventory", "dienstkonten", "serviceaccounts", "comptes de service", "hardening", "0.0.0.0/0",
    "security group open", "key rotation", "response time", "detection time", "dwell time", "remediation time", "error budget",
    "patch age", "end of life", "single sign-on", "immutable backups", "object lock", "report button", "url clicks", "risk appetite",
    "exploited in the wild", "actively exploited", "mttr", "two-factor", "zwei-faktor", "local admin rights", "pentest findings",
    "security hub critical", "policy exceptions", "policy deviations", "third-party review", "supplier assessment", "vendor findings",
];
