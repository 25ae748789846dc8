use super::*;

fn told(file: &[u8]) -> String {
    read("file", "code,name", file).unwrap_err().to_string()
}

#[test]
fn cells_come_with_their_lines_whatever_separates_them() {
    let sheet = read("file", "code,name", b"\xEF\xBB\xBFcode;name\r\nA;\"two\nlines\"\r\n;;\r\nB; b \r\n").unwrap();
    assert_eq!(sheet.header, ["code", "name"]);
    assert!(sheet.decimal_comma);
    let rows: Vec<_> = sheet.rows.iter().map(|r| (r.line, r.cells.join("|"))).collect();
    assert_eq!(rows, [(2, "A|two\nlines".to_owned()), (5, "B|b".to_owned())]);
}

#[test]
fn files_that_are_no_table_are_refused_with_what_to_do() {
    assert!(told(b"").contains("is empty: the first line names the columns, such as code,name"));
    assert!(told(b"code\n\xff\n").contains("is not UTF-8 (byte 5)"));
    assert!(told(b"\xff\xfec\0o\0").contains("is UTF-16: save the file as UTF-8"));
    assert!(told(b"c\0o\0d\0e\0").contains("has a NUL at byte 1"));
    assert!(told("a,".repeat(5_000).as_bytes()).contains("5001 columns; at most 64"));
    assert!(told(format!("a\n{}", "x\n".repeat(MOST_ROWS + 1)).as_bytes()).contains("more than 10000 rows"));
}

#[test]
fn no_cell_begins_a_formula_and_each_reads_back() {
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@a",
        "\tx",
        "\rx",
        "'=1",
        "''",
        "'",
        "",
        "'tis",
        "plain",
        "a=b",
        "''x",
        "'''=x",
        "-",
        "=HYPERLINK(\"http://x\",\"y\")",
    ];
    for text in texts {
        let cell = guarded(text);
        assert!(!cell.starts_with(FORMULA), "{cell:?}");
        assert_eq!(unguarded(&cell), text, "{cell:?}");
    }
    assert_eq!(guarded("=1+1"), "'=1+1");
    assert_eq!(guarded("'tis"), "'tis");
}

#[test]
fn what_is_written_reads_back() {
    let rows = [["A", "say \"hi\", then\ngo"], ["B", ""]].map(|r| r.map(str::to_owned));
    let file = write(&["code", "name"], rows.iter()).unwrap();
    let sheet = read("file", "code", file.as_bytes()).unwrap();
    assert_eq!(sheet.header, ["code", "name"]);
    assert_eq!(sheet.rows.into_iter().map(|r| r.cells).collect::<Vec<_>>(), rows.map(Vec::from));
}
