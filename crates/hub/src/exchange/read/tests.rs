use super::*;

fn refusal(kind: Option<Kind>, file: &[u8]) -> String {
    read(kind, file).unwrap_err().to_string()
}

fn problems(kind: Kind, file: &str) -> Vec<String> {
    let read = read(Some(kind), file.as_bytes()).unwrap();
    read.problems.iter().map(|p| format!("{} {}: {}", p.row, p.column, p.problem)).collect()
}

#[test]
fn a_table_says_what_each_entry_is() {
    let file = "Code;Name;Status;Effectiveness;KRIs;Techniques\n\
                IAM-01;Sign-in;Operating;0,8;mfa_enforced_pct:coverage:2;t1078\n\
                IAM-02;\"'=cmd|x\";;;;\n";
    let read = read(Some(Kind::Control), file.as_bytes()).unwrap();
    assert_eq!(read.problems, []);
    let rows = &read.rows[&Kind::Control];
    assert_eq!((rows.len(), rows[0].line, rows[1].line), (2, 2, 3));
    let first = &rows[0].says;
    assert_eq!(first.code.as_ref().unwrap().as_str(), "IAM-01");
    assert_eq!(first.fields["status"], "operating");
    assert_eq!(first.fields["effectiveness"], 0.8);
    assert_eq!(first.links["kris"][0].to, "mfa_enforced_pct");
    assert_eq!(rows[1].says.fields["name"], "=cmd|x");
    assert!(!rows[1].says.fields.contains_key("status"), "an empty cell says nothing");
}

#[test]
fn the_same_in_json_is_the_same() {
    let csv = read(Some(Kind::Risk), b"slug,title,currentScore,controls\nr,A risk,70,AC-1;AC-2\n").unwrap();
    let list = br#"[{"slug":"r","title":"A risk","currentScore":70,"controls":["AC-1","AC-2"]}]"#;
    let json = read(Some(Kind::Risk), list).unwrap();
    assert_eq!(csv.rows[&Kind::Risk][0].says, json.rows[&Kind::Risk][0].says);
    let whole = br#" {"format":"x","risks":[{"slug":"r","title":"A risk","currentScore":70,"controls":["AC-1","AC-2"]}],"people":[{"name":"P"}]}"#;
    let whole_read = read(None, whole).unwrap();
    assert_eq!(whole_read.rows[&Kind::Risk], json.rows[&Kind::Risk]);
    assert_eq!((whole_read.count, whole_read.rows.len()), (2, 2));
    assert_eq!(read(Some(Kind::Risk), whole).unwrap().count, 1, "only what was asked for");
}

#[test]
fn each_bad_cell_is_told_with_its_row_and_column() {
    let told = problems(
        Kind::Risk,
        "slug,title,currentScore,treatment,techniques,controls\n\
         a b,x,70,,,\nr1,x,701,,,\nr2,x,many,ignore,,\nr3,x,,,T99,\nr4,x,,,,AC-1;AC-1\nr5,x,1,accept,,,too many\n",
    );
    let wanted = [
        "2 slug: `a b` is not a name",
        "3 currentScore: 701 is out of range",
        "4 currentScore: `many` is not a number",
        "5 techniques[0]: `T99` is not an ATT&CK technique",
        "6 controls: `AC-1` is named twice",
        "7 (row): the row has 7 cells, the header 6",
    ];
    for (told, wanted) in told.iter().zip(wanted) {
        assert!(told.starts_with(wanted), "{told}");
    }
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    let told = problems(Kind::Risk, r#"[{"slug":"r","titel":"x","currentScore":"70"}, 5]"#);
    assert!(told[0].contains("currentScore: must be a number"), "{told:#?}");
    assert!(told[1].contains("did you mean `title`?"), "{told:#?}");
    assert!(told[2].starts_with("2 (row): must be an object"), "{told:#?}");
}

#[test]
fn what_an_entry_follows_must_be_in_the_catalogue() {
    let file =
        "slug,catalogSlug,baseVersion\nransomware,ransomware,1\nx,ransomware,\ny,nothing,1\nz,,1\nq,ransomware,99\n";
    let read = read(Some(Kind::Risk), file.as_bytes()).unwrap();
    let follows: Vec<_> = read.rows[&Kind::Risk].iter().map(|r| r.says.follows.clone().unwrap()).collect();
    assert_eq!(follows, vec![("ransomware".to_owned(), 1); 2]);
    let told: Vec<_> = read.problems.iter().map(|p| format!("{} {}: {}", p.row, p.column, p.problem)).collect();
    assert!(told[0].starts_with("4 catalogSlug: the catalogue has no risk `nothing`"), "{told:?}");
    assert!(told[1].starts_with("5 baseVersion: says nothing without"), "{told:?}");
    assert!(told[2].starts_with("6 baseVersion: must be a version of"), "{told:?}");
    assert!(refusal(Some(Kind::Vendor), file.as_bytes()).contains("`catalogSlug` is not known"));
}

#[test]
fn null_takes_back_what_was_said() {
    let said = br#"[{"slug":"r","currentScore":null,"controls":null,"title":"x"},{"slug":"q","title":null},{"slug":"p","x":null}]"#;
    let read = read(Some(Kind::Risk), said).unwrap();
    let says = &read.rows[&Kind::Risk][0].says;
    assert_eq!((says.fields.get("currentScore"), says.links["controls"].len()), (Some(&Value::Null), 0));
    let told: Vec<_> = read.problems.iter().map(|p| format!("{} {}: {}", p.row, p.column, p.problem)).collect();
    assert!(told[0].starts_with("2 title: cannot be cleared"), "{told:?}");
    assert!(told[1].starts_with("3 x: a risk has no such field"), "{told:?}");
}

#[test]
fn files_that_are_none_are_refused_with_what_to_do() {
    let csv = |file: &[u8]| refusal(Some(Kind::Vendor), file);
    assert!(csv(b"").contains("is empty: the first line names the columns, such as slug,name"));
    assert!(csv(b"slug,name\n").contains("has nothing to import"));
    assert!(csv(b"slug,nmae\nx,y\n").contains("did you mean `name`?"));
    assert!(csv(b"slug,name,NAME\nx,y,z\n").contains("two columns for name"));
    assert!(csv(b"tier,owner\n1,x\n").contains("has no column `slug`"));
    assert!(refusal(Some(Kind::Control), b"name\nx\n").contains("has no column `code`"));
    assert!(csv(&[b"slug,name\n" as &[u8], b"\xff\xfe"].concat()).contains("is not UTF-8"));
    assert!(
        csv("\u{feff}slug,name".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice())
            .contains("UTF-16")
    );
    assert!(csv(b"slug,name\nx,y\0\n").contains("has a NUL at byte 13"));
    assert!(csv(format!("slug{}\n", ",name".repeat(5_000)).as_bytes()).contains("5001 columns; at most 64"));
    assert!(refusal(None, b"slug,name\nx,y\n").contains("say which"));
    assert!(refusal(None, b"[]").contains("say which kind"));
    assert!(refusal(None, b"{\"risk\":[]}").contains("did you mean `risks`?"));
    assert!(refusal(None, b"{\"risks\":{}}").contains("must be a list"));
    assert!(refusal(None, b"{\"risks\":[]}").contains("nothing to import"));
    assert!(refusal(None, b"{\"risks\":[],\"risks\":[]}").contains("`risks` stands twice"));
    assert!(refusal(None, b"{\"risks\":[{\"slug\":\"a\",\"slug\":\"b\"}]}").contains("`slug` stands twice"));
    assert!(refusal(None, b"{\"risks\":[").contains("line 1 column"));
    assert!(refusal(Some(Kind::Risk), "[".repeat(100_000).as_bytes()).contains("recursion limit"));
    let many = format!("[{}{{}}]", "{},".repeat(10_000));
    assert!(refusal(Some(Kind::Risk), many.as_bytes()).contains("more than 10000 risks"));
    let wide = format!("[{}0]", "0,".repeat(1_000_001));
    assert!(refusal(Some(Kind::Risk), wide.as_bytes()).contains("more than 1000000 values"));
    let wrong = format!("slug,name,tier\n{}", "x,y,9\n".repeat(2_001));
    assert!(csv(wrong.as_bytes()).contains("is it the right file?"));
}

#[test]
fn a_line_without_an_end_is_read_to_its_bound() {
    let long = format!("slug,name\nx,{}\n", "y".repeat(4_000_000));
    assert_eq!(problems(Kind::Vendor, &long), ["2 name: is longer than 2000 characters"]);
}

/// Twenty thousand seeded mutations of good files: never a panic, never more rows than there are, each problem with its
/// place, and what is read is an entry as it may be.
#[test]
fn mutated_files_never_panic() {
    const CSV: &str = "code,name,status,effectiveness,kris,techniques,owner,effectivenessUntil\n\
                       IAM-01,\"Sign, in\",operating,0.8,mfa_enforced_pct:coverage:2;edr_coverage_pct,T1078;T1110.003,Ines,2027-01-01\n\
                       'x,'=1,gap,,,,,\n";
    const JSON: &str = r#"{"controls":[{"code":"IAM-01","name":"Sign-in","effectiveness":0.8,"kris":[{"kri":"mfa_enforced_pct","role":"coverage","weight":2}],"techniques":["T1078"]}],"risks":[{"title":"Ransomware","currentScore":81.5,"controls":["IAM-01"],"note":null}]}"#;
    let mut seed = 0x5eed_u64;
    let mut next = move || {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        usize::try_from((z ^ (z >> 27)) >> 33).unwrap()
    };
    let mut good = 0;
    for round in 0..20_000 {
        let (kind, mut file) = if round % 2 == 0 {
            (Some(Kind::Control), CSV.as_bytes().to_vec())
        } else {
            (None, JSON.as_bytes().to_vec())
        };
        for _ in 0..=next() % 5 {
            let at = next() % file.len();
            match next() % 5 {
                0 => file[at] = u8::try_from(next() % 256).unwrap(),
                1 => file.truncate(at.max(1)),
                2 => file.insert(at, b"\",;:\t\n\r0-e%{}[]\\"[next() % 16]),
                3 => drop(file.remove(at)),
                _ => file.extend_from_within(at..),
            }
            if file.is_empty() {
                file.push(b'x');
            }
        }
        let Ok(read) = read(kind, &file) else { continue };
        good += 1;
        let rows = read.rows.values().map(Vec::len).sum::<usize>();
        assert!(rows <= read.count && read.count <= file.len());
        assert!(read.problems.iter().all(|p| p.row > 0 && !p.problem.is_empty() && !p.column.is_empty()));
        for says in read.rows.values().flatten().map(|r| &r.says) {
            for (name, value) in &says.fields {
                let field = says.kind.field(name).unwrap();
                assert!(value.is_null() || field.read(value).as_ref() == Ok(value), "{name}: {value}");
            }
        }
    }
    assert!(good > 1_000, "{good} of the mutated files could still be read");
}
