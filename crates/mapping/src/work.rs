//! Counts the steps of the loops that an artifact could make run too often, in tests only: that work grows with the
//! size of the artifact and not with its square is then a fact that no clock has to tell.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Takes note of so many steps; nothing outside of tests.
#[inline(always)]
pub(crate) fn tick(steps: usize) {
    #[cfg(test)]
    STEPS.with(|s| s.set(s.get() + steps as u64));
    #[cfg(not(test))]
    let _ = steps;
}

#[cfg(test)]
mod tests {
    use super::STEPS;

    /// The steps that it takes to read the text.
    fn steps(bytes: &[u8]) -> u64 {
        let before = STEPS.get();
        let now = crate::formats::samples::now();
        let kev = crate::KevList::new(["CVE-2021-44228"]);
        let artifact = crate::Artifact { bytes, filename: Some("a"), mime: None, subject: None };
        let _ = crate::extract(&artifact, &crate::Known { kev: Some(&kev), now });
        STEPS.get() - before
    }

    fn grows_like_its_size(name: &str, made: impl Fn(usize) -> Vec<u8>) {
        let (small, large) = (made(1_000), made(8_000));
        let by = large.len() as f64 / small.len() as f64;
        let (few, many) = (steps(&small), steps(&large));
        assert!(few > 0, "{name}: nothing was counted");
        assert!(many as f64 <= few as f64 * by * 1.5, "{name}: {few} steps became {many}, {by:.1} times the size");
    }

    #[test]
    fn texts() {
        for part in [
            "MFA coverage 97 % ",
            "MFA coverage 97 %\n",
            "MFA coverage and ",
            "97 % ",
            "1 000 ",
            "ca. ",
            "((((",
            "critical and high ",
            "older than 30 days ",
            "> MFA coverage: 1 %\n",
            "| MFA coverage | 1 % |\n",
            "this line is long enough to be taken for one that was broken and goes\n",
            "12/400 ",
            "CVE-2021-44228 ",
            "backup of a finished\n",
            "INFO: Backup of VM 1 failed\n",
            "2026-11-01 10:00:00 backup finished\n",
        ] {
            grows_like_its_size(part, |n| part.repeat(n).into_bytes());
        }
    }

    #[test]
    fn json() {
        grows_like_its_size("members", |n| {
            let members: Vec<String> = (0..n).map(|i| format!("\"k{i:06}\":{i:06}")).collect();
            format!("{{{}}}", members.join(",")).into_bytes()
        });
        grows_like_its_size("alerts in objects", |n| {
            let one = r#"{"vulnerabilityAlerts":{"nodes":[{"number":1,"securityVulnerability":{"severity":"HIGH"}}]}}"#;
            format!(r#"{{"data":{{"search":{{"nodes":[{}]}}}}}}"#, vec![one; n].join(",")).into_bytes()
        });
        grows_like_its_size("pairs", |n| {
            format!("[{}]", vec![r#"{"kri":"vuln_kev_open","value":3}"#; n].join(",")).into_bytes()
        });
        grows_like_its_size("lines", |n| {
            "{\"SourceMetadata\":{},\"DetectorName\":\"a\",\"Raw\":\"b\"}\n".repeat(n).into_bytes()
        });
        grows_like_its_size("empty lists", |n| format!("[{}]", vec!["[]"; n].join(",")).into_bytes());
    }

    #[test]
    fn tables() {
        grows_like_its_size("rows", |n| {
            let mut text = String::from("login,status,mfaEnabled,lastLogin\n");
            (0..n).for_each(|i| text.push_str(&format!("u{i:06},ACTIVE,true,2026-11-01\n")));
            text.into_bytes()
        });
        grows_like_its_size("pairs of one signal", |n| {
            let mut text = String::from("signal,value\n");
            (0..n).for_each(|i| text.push_str(&format!("vuln_kev_open,{i:06}\n")));
            text.into_bytes()
        });
        grows_like_its_size("quotes", |n| "\"a,\n".repeat(n).into_bytes());
    }

    #[test]
    fn xml() {
        grows_like_its_size("hosts", |n| {
            let host = "<ReportHost name=\"h\"><ReportItem severity=\"4\" pluginID=\"1\"/></ReportHost>";
            format!("<NessusClientData_v2><Report name=\"r\">{}</Report></NessusClientData_v2>", host.repeat(n))
                .into_bytes()
        });
        grows_like_its_size("attributes", |n| {
            format!("<NessusClientData_v2><Report {} name=\"n\"/></NessusClientData_v2>", "a=\"b\" ".repeat(n))
                .into_bytes()
        });
    }

    #[test]
    fn pages() {
        let pdf = |content: String| {
            format!(
                "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] >>\nendobj\n\
                 3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n\
                 4 0 obj\n<< /Length 99 >>\nstream\n{content}\nendstream\nendobj\n"
            )
            .into_bytes()
        };
        grows_like_its_size("pieces in three rows", |n| {
            let mut content = String::from("BT ");
            (0..n).for_each(|i| content.push_str(&format!("1 0 0 1 {:06} {} Tm (MFA) Tj ", i, 700 - 20 * (i % 3))));
            pdf(content + "ET")
        });
        grows_like_its_size("rows", |n| {
            let mut content = String::from("BT ");
            (0..n).for_each(|i| content.push_str(&format!("1 0 0 1 70 {:06} Tm (MFA coverage: 97 %) Tj ", i * 20)));
            pdf(content + "ET")
        });
    }
}
