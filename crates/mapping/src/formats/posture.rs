//! Posture of cloud tenants: ScoutSuite and ScubaGear. Neither has a critical severity, so that a person looks at what
//! is made of their own words.

use std::collections::HashSet;

use crate::Span;
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::tally::Tally;

const MISCONFIG: &str = "cloud_critical_misconfig_open";

pub(crate) fn is_scout(root: Val<'_>) -> u8 {
    if root.at("services").is_object() && (root.at("last_run").is_object() || root.has("provider_code")) {
        98
    } else {
        0
    }
}

pub(crate) fn read_scout(root: Val<'_>, out: &mut Out<'_>) {
    let subject = out.subject(&root.at("account_id").s());
    let at = When::text(&root.at("last_run").at("time").s());
    let mut dangers = Tally::default();
    let mut exact = Tally::default();
    let mut checked = false;
    for (service, body) in root.at("services").members() {
        for (id, finding) in body.at("findings").members() {
            let items = finding.at("items");
            let flagged = finding.at("flagged_items").number().unwrap_or_default();
            checked |= finding.at("checked_items").number().is_some_and(|n| n > 0.0);
            let add = |tally: &mut Tally, signal, with_id: bool| {
                tally.open(&subject.name, signal);
                let mut seen = 0.0;
                for item in items.items() {
                    seen += 1.0;
                    let key = if with_id { format!("{id} {}", item.s()) } else { item.s().into_owned() };
                    tally.add(&subject.name, signal, key, finding.span());
                }
                // some versions give only the number
                while seen < flagged.min(10_000.0) {
                    seen += 1.0;
                    tally.add(&subject.name, signal, format!("{id} #{seen}"), finding.span());
                }
            };
            if finding.at("level").s() == "danger" {
                add(&mut dangers, MISCONFIG, true);
            }
            let id = id.as_ref();
            let public = match service.as_ref() {
                "s3" => id.contains("AllUsers") || id.contains("AuthenticatedUsers") || id.contains("world-"),
                "cloudstorage" => id.contains("allUsers") || id.contains("allAuthenticatedUsers"),
                "storageaccounts" => id.contains("public"),
                _ => false,
            };
            if public && finding.at("checked_items").there() {
                add(&mut exact, "cloud_public_storage", false);
            }
            if id.contains("security-group-opens-SSH") || id.contains("security-group-opens-RDP") {
                add(&mut exact, "cloud_open_mgmt_ports", false);
            }
        }
    }
    if !checked && dangers.is_empty() {
        out.unknown(MISCONFIG, &subject.name, root.span(), "no rule has checked anything", at);
        return;
    }
    dangers.open(&subject.name, MISCONFIG);
    let trust = Trust::of(0.75, "ScoutSuite: flagged items of rules of level danger, its worst; it has no critical");
    out.tally(&dangers, &trust, root.at("services").span(), at, Ok(()));
    out.tally(
        &exact,
        &Trust::of(0.9, "ScoutSuite: flagged items of the rules for it"),
        root.at("services").span(),
        at,
        Ok(()),
    );
}

/// ScubaGear also writes its results as a table.
pub(crate) fn is_scuba_csv(h: &Headers) -> u8 {
    if h.all(&["control id", "requirement", "result", "criticality"]) { 98 } else { 0 }
}

pub(crate) fn read_scuba_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let (id, result, criticality) = (sheet.col(&["control id"]), sheet.col(&["result"]), sheet.col(&["criticality"]));
    let mut controls = Controls::default();
    sheet.rows(|row| controls.see(&row.get(id), &row.get(result), &row.get(criticality), row.span));
    let subject = out.subject("");
    controls.tell(out, &subject.name, sheet.span(), When(None));
}

/// The outcomes of the controls of ScubaGear.
#[derive(Default)]
struct Controls {
    failed: HashSet<String>,
    errors: usize,
    passed: usize,
    hull: Option<Span>,
}

impl Controls {
    fn see(&mut self, id: &str, result: &str, criticality: &str, span: Span) {
        match result {
            "Fail" if criticality.starts_with("Shall") => {
                self.failed.insert(id.to_owned());
                self.hull = Some(self.hull.map_or(span, |hull| hull.and(span)));
            }
            r if r.starts_with("Error") => self.errors += 1,
            "Pass" => self.passed += 1,
            _ => {}
        }
    }

    fn tell(self, out: &mut Out<'_>, subject: &str, place: Span, at: When) {
        let span = self.hull.unwrap_or(place);
        if self.failed.is_empty() && (self.errors > 0 || self.passed == 0) {
            out.unknown(MISCONFIG, subject, span, "controls could not be assessed", at);
            return;
        }
        let trust = Trust::of(
            0.8,
            format!("ScubaGear: failed controls that SHALL hold, {} passed; it has no critical", self.passed),
        )
        .cap_if(self.errors > 0, 0.6, format!("{} controls ended with an error", self.errors));
        out.count(MISCONFIG, subject, self.failed.len() as f64, span, &trust, at);
    }
}

pub(crate) fn is_scuba(root: Val<'_>) -> u8 {
    let results = root.at("Results");
    let control = results.members().next().and_then(|(_, groups)| groups.items().next()?.at("Controls").items().next());
    if control.is_some_and(|c| c.has("Control ID") && c.has("Criticality")) { 100 } else { 0 }
}

pub(crate) fn read_scuba(root: Val<'_>, out: &mut Out<'_>) {
    let meta = root.at("MetaData");
    let subject = out.subject(&meta.any(&["DomainName", "DisplayName", "TenantId"]).s());
    let at = When::text(&meta.any(&["TimestampZulu", "Timestamp"]).s());
    let mut controls = Controls::default();
    for (_, groups) in root.at("Results").members() {
        for control in groups.items().flat_map(|g| g.at("Controls").items()) {
            let (result, criticality) = (control.at("Result").s(), control.at("Criticality").s());
            controls.see(&control.at("Control ID").s(), &result, &criticality, control.span());
        }
    }
    controls.tell(out, &subject.name, root.at("Results").span(), at);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn scout_suite_in_its_script() {
        let text = "scoutsuite_results =\n{\"account_id\":\"123\",\"last_run\":{\"time\":\"2024-05-01 10:00:00+0000\"},\"services\":{\"ec2\":{\"findings\":{\
            \"ec2-security-group-opens-SSH-port-to-all\":{\"level\":\"danger\",\"checked_items\":4,\"flagged_items\":2,\"items\":[\"a\",\"b\"]}}}}}";
        says(text, "scoutsuite", &[("cloud_critical_misconfig_open", Some(2.0)), ("cloud_open_mgmt_ports", Some(2.0))]);
        assert!(said(text).extractions[0].confidence < 0.85);
    }

    #[test]
    fn scuba_counts_failed_shall() {
        let text = r#"{"MetaData":{"DomainName":"example.org"},"Results":{"AAD":[{"GroupName":"g","Controls":[
            {"Control ID":"MS.AAD.1.1v1","Result":"Fail","Criticality":"Shall"},{"Control ID":"MS.AAD.2.1v1","Result":"Fail","Criticality":"Should"},
            {"Control ID":"MS.AAD.3.1v1","Result":"Pass","Criticality":"Shall"}]}]}}"#;
        says(text, "scubagear", &[("cloud_critical_misconfig_open", Some(1.0))]);
    }

    #[test]
    fn controls_as_a_table() {
        let text = "Control ID,Requirement,Result,Criticality,Details\nMS.AAD.1.1v1,x SHALL,Fail,Shall,d\nMS.AAD.1.2v1,x SHALL,Pass,Shall,d\nMS.AAD.1.3v1,x SHOULD,Fail,Should,d\n";
        says(text, "scubagear-csv", &[("cloud_critical_misconfig_open", Some(1.0))]);
        let broken = "Control ID,Requirement,Result,Criticality\nMS.AAD.1.1v1,x SHALL,Error,Shall\n";
        says(broken, "scubagear-csv", &[("cloud_critical_misconfig_open", None)]);
    }

    #[test]
    fn public_buckets_of_other_clouds() {
        let text = r#"{"account_id":"p","provider_code":"gcp","last_run":{"time":"2026-11-01"},"services":{"cloudstorage":{"findings":{"cloudstorage-bucket-allUsers":{"level":"danger","checked_items":3,"flagged_items":1,"items":["b.1"]}}}}}"#;
        says(text, "scoutsuite", &[("cloud_critical_misconfig_open", Some(1.0)), ("cloud_public_storage", Some(1.0))]);
    }
}
