//! What is logged of a request. Alone in its process: whether a line is wanted is decided once for all threads of one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use std::sync::{Arc, Mutex};

use http::Request;
use serde_json::{Value, json};

use doors::Doors;
use fixture::key;

#[path = "../it/doors.rs"]
mod doors;
#[path = "../../../hub/tests/it/fixture.rs"]
mod fixture;

/// Everything that is logged, as JSON lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_request_and_no_secret() {
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || lines.clone()).finish();
    let _on_this_thread = tracing::subscriber::set_default(subscriber);
    let doors = Doors::new().await;
    let request = Request::get("/api/v1/tenants/acme/fail?how=internal&x=looked-for")
        .header("authorization", format!("Bearer {}", key("acme", '1')))
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let refused = doors.send(request, "").await;
    let failed = doors.get("/api/v1/tenants/acme/fail?how=internal", &key("acme", '1')).await;
    doors.send(Request::get("/healthz"), "").await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let of = |answer: &crate::doors::Answer| {
        let id = answer.header("x-request-id").to_owned();
        let lines = text.lines().filter(|line| line.contains(&id));
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let access = &of(&refused)[0];
    assert_eq!(access["target"], "watchkeep::access");
    let fields = &access["fields"];
    assert_eq!(
        (&fields["status"], &fields["op"], &fields["outcome"]),
        (&json!(422), &json!("fail_on_purpose"), &json!("invalid"))
    );
    assert_eq!((&fields["path"], &fields["address"]), (&json!("/api/v1/tenants/acme/fail"), &json!("192.0.2.7")));
    assert_eq!(fields["trace"], "0af7651916cd43dd8448eb211c80319c");
    assert!(
        of(&failed)[0]["fields"]["error"].as_str().unwrap().contains("secret detail"),
        "what lies behind stands in the log"
    );
    assert!(!text.contains("looked-for") && !text.contains(&"1".repeat(20)) && !text.contains("healthz"), "{text}");
}
