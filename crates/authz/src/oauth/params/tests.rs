use proptest::prelude::*;

use super::*;

#[test]
fn fields_are_decoded_and_an_empty_one_is_absent() {
    let params = Params::parse(b"a=1+2%203&b=&a=zwei&c=%C3%BC%2B&=x&&d").unwrap();
    assert_eq!(params.get("a"), Some("1 2 3"));
    assert_eq!(params.all("a").collect::<Vec<_>>(), ["1 2 3", "zwei"]);
    assert_eq!((params.get("b"), params.get("d"), params.get("e")), (None, None, None));
    assert_eq!(params.get("c"), Some("ü+"));
    assert_eq!(Params::parse(b"a=100%&b=%zz").unwrap().get("a"), Some("100%"));
    assert_eq!(Params::parse(b"").unwrap(), Params::default());
}

#[test]
fn attack_21_a_doubled_field_is_noticed_even_when_empty_or_escaped() {
    for raw in
        ["code=a&code=b", "client_id=a&x=1&client_id=a", "resource=a&resource=b", "state=&state=x", "s%63ope=a&scope=b"]
    {
        assert!(Params::parse(raw.as_bytes()).unwrap().duplicate().is_some(), "{raw}");
    }
    assert_eq!(Params::parse(b"x=1&x=2&code=a").unwrap().duplicate(), None);
}

#[test]
fn attack_70_limits() {
    let many = vec!["a=1"; MOST_FIELDS + 1].join("&");
    assert_eq!(Params::parse(many.as_bytes()), Err(ParamsError::TooMany));
    assert!(Params::parse(vec!["a=1"; MOST_FIELDS].join("&").as_bytes()).is_ok());
    assert_eq!(Params::parse(&vec![b'a'; MOST_BYTES + 1]), Err(ParamsError::TooLong));
    assert_eq!(Params::parse(b"a=%ff%fe"), Err(ParamsError::NotUtf8));
    assert_eq!(Params::parse(b"a=\xc3"), Err(ParamsError::NotUtf8));
    assert_eq!(Params::parse(b"a=x%00y"), Err(ParamsError::Nul));
    assert_eq!(Params::parse(b"a\0=x"), Err(ParamsError::Nul));
}

#[test]
fn no_value_is_shown_by_debug() {
    let shown = format!("{:?}", Params::parse(b"code=secret").unwrap());
    assert!(shown.contains("code") && !shown.contains("secret"), "{shown}");
}

proptest! {
    #[test]
    fn bytes_never_panic(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(params) = Params::parse(&raw) {
            let _ = params.duplicate();
            let _ = params.get("code");
        }
    }

    #[test]
    fn what_is_encoded_is_read_again(fields in proptest::collection::vec(("[a-z]{1,5}", "[^\0]{0,20}"), 0..20)) {
        let raw = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let params = Params::parse(raw.as_bytes()).unwrap();
        prop_assert_eq!(params.0, fields);
    }
}
