//! Prompts and resources of the risk connector.
use serde_json::{Value, json};

use crate::world::{World, on_each_engine};

fn error(v: &Value) -> (i64, String) {
    (v["error"]["code"].as_i64().unwrap_or_default(), v["error"]["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn prompts_are_listed_with_their_arguments_and_told_as_text_of_the_user() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let listed = w.acme.rpc("prompts/list", json!({})).await["result"]["prompts"].clone();
        let names: Vec<(&str, &str)> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p["name"].as_str().unwrap(), p["title"].as_str().unwrap()))
            .collect();
        assert_eq!(
            names,
            [
                ("top_risks", "Top risks"),
                ("red_kris", "Red KRIs and what feeds them"),
                ("review_queue", "Review queue"),
                ("weekly_risk_brief", "Weekly risk brief"),
            ]
        );
        assert_eq!(listed[0]["arguments"][0]["name"], "count");
        assert_eq!(
            (&listed[1]["arguments"][0]["name"], &listed[1]["arguments"][0]["required"]),
            (&json!("category"), &json!(false))
        );
        for (name, args, says) in [
            ("top_risks", json!({}), "top 5 risks"),
            ("top_risks", json!({ "count": "3" }), "top 3 risks"),
            ("red_kris", json!({}), "Which KRIs are red"),
            ("red_kris", json!({ "category": "identity" }), "of the category identity"),
            ("review_queue", json!({ "owner": "Ana" }), "What waits for a decision of what Ana answers for?"),
            ("weekly_risk_brief", json!({}), "Write a risk brief of one page"),
        ] {
            let told = w.acme.rpc("prompts/get", json!({ "name": name, "arguments": args })).await;
            let message = &told["result"]["messages"][0];
            assert_eq!((&message["role"], &message["content"]["type"]), (&json!("user"), &json!("text")), "{told}");
            let text = message["content"]["text"].as_str().unwrap();
            assert!(text.contains(says), "{text}");
            // it tells nothing of the tenant
            let theirs = w.contoso.rpc("prompts/get", json!({ "name": name, "arguments": args })).await;
            assert_eq!(theirs["result"], told["result"]);
        }
        for (params, says) in [
            (json!({ "name": "top_risk" }), "there is no prompt `top_risk`; did you mean `top_risks`?"),
            (
                json!({ "name": "top_risks", "arguments": { "count": "0" } }),
                "count: 0 is out of range; allowed: 1 to 20",
            ),
            (json!({ "name": "top_risks", "arguments": { "cout": "1" } }), "did you mean `count`?"),
            (json!({ "name": "red_kris", "arguments": { "category": "identitty" } }), "did you mean `identity`?"),
            (json!({ "name": 5 }), "params must be"),
            (json!({}), "params must be"),
        ] {
            let told = error(&w.acme.rpc("prompts/get", params.clone()).await);
            assert_eq!((told.0, told.1.contains(says)), (-32602, true), "{params}: {told:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_kri_is_a_resource_with_the_bytes_of_get_kri() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let templates = w.acme.rpc("resources/templates/list", json!({})).await;
        assert_eq!(templates["result"]["resourceTemplates"][0]["uriTemplate"], "kri://{slug}");
        let listed = w.acme.rpc("resources/list", json!({})).await["result"]["resources"].clone();
        let uris: Vec<&str> = listed.as_array().unwrap().iter().map(|r| r["uri"].as_str().unwrap()).collect();
        assert_eq!(uris, ["kri://mfa_enforced_pct", "kri://own_indicator", "kri://vuln_critical_open"]);
        for uri in uris {
            let read = w.acme.rpc("resources/read", json!({ "uri": uri })).await["result"]["contents"].clone();
            assert_eq!((read.as_array().unwrap().len(), &read[0]["uri"]), (1, &json!(uri)));
            assert_eq!(read[0]["mimeType"], "application/json");
            let slug = uri.trim_start_matches("kri://");
            let rest = w.acme.key.get(&w.acme.path(&format!("/kris/{slug}"))).await;
            assert_eq!(read[0]["text"].as_str().unwrap().as_bytes(), rest.body);
        }
        for uri in [
            "kri://nothing_of_that_name",
            "kri://",
            "risk://1",
            "file:///etc/passwd",
            "http://127.0.0.1/",
            "",
            "KRI://mfa_enforced_pct",
        ] {
            let told = error(&w.acme.rpc("resources/read", json!({ "uri": uri })).await);
            assert!(matches!(told.0, -32002 | -32602) && told.1.contains("there is no"), "{uri}: {told:?}");
        }
        let told = error(&w.acme.rpc("resources/read", json!({ "uri": 5 })).await);
        assert_eq!((told.0, told.1.contains("params must be")), (-32602, true));
    })
    .await;
}

#[tokio::test]
async fn a_list_of_resources_goes_on_with_its_cursor_and_with_no_other() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for n in 0..61 {
            let new = json!({
                "name": format!("K {n:02}"), "slug": format!("kri_{n:02}"), "category": "c", "unit": "count",
                "direction": "higherIsWorse", "amber": 1, "red": 5,
            });
            w.hub.admin().create_kri(&w.acme.tenant.scope, &serde_json::from_value(new).unwrap()).await.unwrap();
        }
        let (mut all, mut params, mut cursors) = (vec![], json!({}), vec![]);
        loop {
            let page = w.acme.rpc("resources/list", params.clone()).await["result"].clone();
            all.extend(page["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()));
            match page["nextCursor"].as_str() {
                Some(cursor) => {
                    cursors.push(cursor.to_owned());
                    params = json!({ "cursor": cursor });
                }
                None => break,
            }
        }
        assert_eq!(all, (0..61).map(|n| format!("kri_{n:02}")).collect::<Vec<_>>());
        // the rest of the KRIs, then the risks, of which there are none
        assert_eq!((cursors.len(), &*cursors[1]), (2, "1."));
        let theirs = error(&w.contoso.rpc("resources/list", json!({ "cursor": cursors[0] })).await);
        assert_eq!((theirs.0, theirs.1.contains("cursor: ")), (-32602, true), "{theirs:?}");
        for bad in ["x", "0.", "0.x", "1.x", "9.9", &format!("{}x", cursors[0])] {
            let told = w.acme.rpc("resources/list", json!({ "cursor": bad })).await;
            // the place of a kind without a cursor is that kind's first page
            assert!(error(&told).1.contains("cursor: ") || bad == "0.", "{bad}: {told}");
        }
        for method in ["tools/list", "prompts/list", "resources/templates/list"] {
            let told = error(&w.acme.rpc(method, json!({ "cursor": "x" })).await);
            assert_eq!((told.0, told.1.contains("cursor: ")), (-32602, true), "{method}: {told:?}");
        }
    })
    .await;
}
