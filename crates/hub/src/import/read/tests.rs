use super::*;

fn problems(csv: &str) -> Vec<String> {
    read(csv.as_bytes()).unwrap().1.into_iter().map(|p| format!("{} {}: {}", p.row, p.column, p.problem)).collect()
}
fn refusal(csv: &[u8]) -> String {
    read(csv).unwrap_err().to_string()
}

#[test]
fn columns_may_come_in_any_order_and_by_their_other_names() {
    let (rows, bad) = read(b"\xEF\xBB\xBFDate;Wert;Indicator\n2026-11-01;98,5;mfa_enforced_pct\n;12;x\n").unwrap();
    assert!(bad.is_empty());
    assert_eq!((rows[0].kri.as_str(), rows[0].value, rows[0].line), ("mfa_enforced_pct", Some(98.5), 2));
    assert_eq!(rows[0].observed_at.unwrap().to_string(), "2026-11-01T00:00:00Z");
    assert_eq!(rows[1].observed_at, None);
}

#[test]
fn each_bad_cell_is_told_with_its_row_and_column() {
    let told = problems("kri,value,observed_at,state\nx,1e999,2026-11-01,\n,5,,\ny,NaN,yesterday,fine\nz,3,,ok\n");
    assert_eq!(told.len(), 5, "{told:#?}");
    assert!(told[0].starts_with("2 value: `1e999` is not a number"));
    assert!(told[1].starts_with("3 kri: is empty"));
    assert!(told[2].starts_with("4 value: `NaN`"));
    assert!(told[3].starts_with("4 observed_at:"));
    assert!(told[4].starts_with("4 state:"));
}

#[test]
fn a_number_that_could_be_read_in_two_ways_is_refused() {
    let told = problems("kri,value\nx,\"1,234\"\n");
    assert!(told[0].contains("two ways"), "{told:?}");
    assert!(problems("kri;value\nx;1.234,5\n")[0].contains("two ways"));
    assert!(problems("kri;value\nx;1,5\n").is_empty());
    assert!(problems("kri;value\nx;98 %\n").is_empty());
}

#[test]
fn files_that_are_no_table_are_refused_with_what_to_do() {
    assert!(refusal(b"").contains("is empty"));
    assert!(refusal(b"kri,value\n").contains("no rows"));
    assert!(refusal(b"kri,valeu\nx,1\n").contains("did you mean `value`?"));
    assert!(refusal(b"value\n1\n").contains("no column `kri`"));
    assert!(refusal(b"kri\nx\n").contains("no column `value`"));
    assert!(refusal(b"kri,value,value\nx,1,2\n").contains("two columns"));
    assert!(refusal(b"kri,value\nx,\xff\n").contains("not UTF-8"));
    assert!(refusal(("a,".repeat(5_000)).as_bytes()).contains("5001 columns"));
    let long: String =
        std::iter::once("kri,value\n".to_owned()).chain((0..10_001).map(|i| format!("x,{i}\n"))).collect();
    assert!(refusal(long.as_bytes()).contains("more than 10000 rows"));
}

#[test]
fn a_cell_too_many_is_told_and_the_other_rows_are_read() {
    let (rows, bad) = read(b"kri,value\nx,1,2\ny,2\n").unwrap();
    assert_eq!((rows.len(), bad.len()), (1, 1));
    assert!(bad[0].problem.contains("quote"), "{bad:?}");
}

/// Twenty thousand seeded mutations of a good file: never a panic, never more rows than lines, never a value that is
/// not a number.
#[test]
fn mutated_files_never_panic() {
    const GOOD: &[u8] = b"kri,value,subject,observed_at,state,note\nmfa_enforced_pct,98.5,tenant,2026-11-01T08:00:00Z,ok,\"a, b\"\nsca_critical_open,3,web;shop,2026-11-02,,\nx,,y,,unavailable,none\n";
    let mut seed = 0x5eed_u64;
    let mut next = move || {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        usize::try_from((z ^ (z >> 27)) >> 33).unwrap()
    };
    for _ in 0..20_000 {
        let mut file = GOOD.to_vec();
        for _ in 0..=next() % 6 {
            let at = next() % file.len();
            match next() % 5 {
                0 => file[at] = u8::try_from(next() % 256).unwrap(),
                1 => file.truncate(at.max(1)),
                2 => file.insert(at, b"\",;\t\n\r0-e%"[next() % 10]),
                3 => drop(file.remove(at)),
                _ => file.extend_from_within(at..),
            }
            if file.is_empty() {
                file.push(b'x');
            }
        }
        if let Ok((rows, bad)) = read(&file) {
            assert!(rows.len() <= file.iter().filter(|b| matches!(b, b'\n' | b'\r')).count() + 1);
            assert!(rows.iter().all(|r| r.value.is_none_or(f64::is_finite) && !r.kri.is_empty()));
            assert!(bad.iter().all(|p| !p.problem.is_empty() && p.row > 0));
        }
    }
}
